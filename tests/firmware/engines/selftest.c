/* Asks for the known answers; says which engine was wrong, and the cycles. */
#include "selftest.h"

#include "console.h"
#include "system.h"

_Noreturn void engine_failed(const char *engine, uint32_t error);

_Noreturn void engine_failed(const char *engine, uint32_t error)
{
    print("failed ");
    print(engine);
    print(" ");
    print_unsigned(error);
    print("\n");
    finish(2);
}

int main(void)
{
    uint32_t began = cycles();
    const char *wrong = engines_selftest();
    began = cycles() - began;
    print(wrong ? wrong : "passed");
    print(" ");
    print_unsigned(began);
    print("\n");
    finish(wrong != 0);
}
