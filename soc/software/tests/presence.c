/* A request for consent: the lamp is lit, the host presses the button, the answer comes. */
#include "check.h"

#include <generated/csr.h>

enum { OFF, ON };
enum { IDLE, WAITING, PRESSED, EXPIRED };

void test_presence(void);
void test_presence(void)
{
    presence_lamp_write(ON);
    presence_nonce_write(0x1234);
    presence_timeout_write(1000);
    presence_control_write(1u << CSR_PRESENCE_CONTROL_START_OFFSET);
    while (presence_answer_state_read() == WAITING) {
    }
    check("the answer", presence_answer_state_read(), PRESSED);
    check("the nonce", presence_asked_read(), 0x1234);
    presence_timeout_write(1);
    presence_control_write(1u << CSR_PRESENCE_CONTROL_START_OFFSET);
    while (presence_answer_state_read() == WAITING) {
    }
    check("an answer too late", presence_answer_state_read(), EXPIRED);
    presence_lamp_write(OFF);
}
