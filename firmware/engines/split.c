/* Shares by the splitter: the other side of crypto/split.h. */
#include "split.h"

#include "engine.h"

#define NOT_WHOLE 2 /* the error of shares that do not sum to 10000 */

int split(uint64_t parts[SPLIT_PARTS], uint64_t amount, const uint16_t shares[SPLIT_PARTS],
          int has_affiliate, int has_publisher)
{
    uint32_t status;
    splitter_share_platform_write(shares[SPLIT_PLATFORM]);
    splitter_share_user_write(shares[SPLIT_USER]);
    splitter_share_affiliate_write(shares[SPLIT_AFFILIATE]);
    splitter_share_publisher_write(shares[SPLIT_PUBLISHER]);
    splitter_parties_write((uint32_t)(has_affiliate != 0) << CSR_SPLITTER_PARTIES_AFFILIATE_OFFSET |
                           (uint32_t)(has_publisher != 0) << CSR_SPLITTER_PARTIES_PUBLISHER_OFFSET);
    splitter_amount_write(amount);
    ENGINE_BEGIN(splitter);
    do
        status = splitter_status_read();
    while (status & ENGINE_BUSY);
    if (ENGINE_ERROR(status) == NOT_WHOLE)
        return -1;
    if (ENGINE_ERROR(status))
        engine_failed("splitter", ENGINE_ERROR(status));
    parts[SPLIT_PLATFORM] = splitter_part_platform_read();
    parts[SPLIT_USER] = splitter_part_user_read();
    parts[SPLIT_AFFILIATE] = splitter_part_affiliate_read();
    parts[SPLIT_PUBLISHER] = splitter_part_publisher_read();
    splitter_control_write(ENGINE_CLEAR);
    return 0;
}
