/* The splitter against the C of the firmware: amounts at the limits, absent parties. */
#include "check.h"
#include "split.h"

#include <generated/csr.h>

static uint32_t parted(uint64_t amount, const uint16_t shares[4], int parties)
{
    splitter_amount_write(amount);
    splitter_parties_write((uint8_t)parties);
    splitter_share_platform_write(shares[0]);
    splitter_share_user_write(shares[1]);
    splitter_share_affiliate_write(shares[2]);
    splitter_share_publisher_write(shares[3]);
    splitter_control_write(1u << CSR_SPLITTER_CONTROL_START_OFFSET);
    while (splitter_status_busy_read()) {
    }
    return splitter_status_error_read();
}

void test_splitter(void);
void test_splitter(void)
{
    static const uint64_t amounts[] = {0, 1, 9999, 10001, 123456789012345, UINT64_MAX};
    static const uint16_t shares[][4] = {
        {2000, 5000, 1000, 2000}, {0, 0, 0, 10000}, {10000, 0, 0, 0}, {3333, 3333, 3333, 1},
    };
    for (uint32_t a = 0; a < sizeof amounts / sizeof *amounts; a++) {
        for (uint32_t s = 0; s < sizeof shares / sizeof *shares; s++) {
            for (int parties = 0; parties < 4; parties++) {
                uint64_t right[4];
                split(right, amounts[a], shares[s], parties & 1, parties >> 1);
                check("error", parted(amounts[a], shares[s], parties), 0);
                uint64_t got[4] = {
                    splitter_part_platform_read(), splitter_part_user_read(),
                    splitter_part_affiliate_read(), splitter_part_publisher_read(),
                };
                check_bytes("the parts", got, right, sizeof got);
            }
        }
    }
    static const uint16_t wrong[4] = {1, 2, 3, 4};
    check("shares that are not a whole: refused", parted(5, wrong, 3) != 0, 1);
}
