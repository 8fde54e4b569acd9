# The modules and the cryptography that they stand on, as user C modules of MicroPython:
# `make USER_C_MODULES=<the folder firmware>`. ENGINES names the files of crypto/ whose place those
# of engines/ take.
MODULES := $(USERMOD_DIR)
CRYPTO := $(USERMOD_DIR)/../crypto
DRIVERS := $(USERMOD_DIR)/../engines

SRC_USERMOD_C += $(wildcard $(MODULES)/bindings/*.c)

# Plain C: it has no names for MicroPython's generator to find.
SRC_USERMOD_LIB_C += $(wildcard $(MODULES)/*.c)
SRC_USERMOD_LIB_C += $(patsubst $(MODULES)/../%,$(USER_C_MODULES)/%, \
    $(filter-out $(ENGINES:%=$(CRYPTO)/%),$(wildcard $(CRYPTO)/*.c $(CRYPTO)/*/*.c)) \
    $(ENGINES:%=$(DRIVERS)/%))

CFLAGS_USERMOD += -I$(CRYPTO)
ifneq ($(ENGINES),)
CFLAGS_USERMOD += -I$(DRIVERS)
endif
