# What is frozen into the firmware: the portable code, and what composes a node of it.
# Read by MicroPython's build; paths are relative to this file.
module("runtime/__init__.py", base_path="..")
module("firmware/__init__.py", base_path="..")
for folder in ("actors", "runtime/actor", "runtime/node", "runtime/wire", "firmware/node"):
    package(folder, base_path="..")
package("pykka", base_path=".")
