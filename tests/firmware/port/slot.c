/* What the loader starts in a test: says who it is, and whether it got the machine as it should. */
#include "console.h"

static int zeroed;

int main(void)
{
    print(WHO);
    return zeroed;
}
