#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "secret.h"

#ifdef CRYPTO_VALGRIND
#define MAKE_SECRET(pointer, size) ((void)VALGRIND_MAKE_MEM_UNDEFINED((pointer), (size)))
#else
#define MAKE_SECRET(pointer, size) ((void)(pointer), (void)(size))
#endif

void fail(const char *why)
{
    fprintf(stderr, "driver: %s\n", why);
    abort();
}

void *memory_of(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        fail("no memory");
    return memory;
}

struct bytes *next_out(struct call *call)
{
    if (call->outs == LIMIT)
        fail("too many outputs");
    return &call->out[call->outs++];
}

uint8_t *out(struct call *call, size_t size)
{
    struct bytes *next = next_out(call);
    next->at = memory_of(size);
    next->size = size;
    memset(next->at, 0xee, size);
    return next->at;
}

static int perform(struct call *call, const struct bytes *name)
{
    for (size_t i = 0; i < operation_count; i++)
        if (strlen(operations[i].name) == name->size &&
            !memcmp(operations[i].name, name->at, name->size)) {
            if (call->ins != operations[i].arguments)
                fail("wrong number of arguments");
            for (int n = 0; n < call->ins; n++)
                if (operations[i].secret >> n & 1)
                    MAKE_SECRET(call->in[n].at, call->in[n].size);
            return operations[i].function(call);
        }
    fail("no such operation");
    return -1;
}

static struct bytes next_of(const uint8_t **from, const uint8_t *end)
{
    struct bytes bytes;
    if (end - *from < 4 || (size_t)(end - *from - 4) < load32(*from))
        fail("a request ends within an argument");
    bytes.size = load32(*from);
    bytes.at = memory_of(bytes.size);
    memcpy(bytes.at, *from + 4, bytes.size);
    *from += 4 + bytes.size;
    return bytes;
}

size_t drive(const uint8_t *request, size_t size, uint8_t **reply)
{
    const uint8_t *end = request + size;
    struct call call = {.ins = 0};
    struct bytes name = next_of(&request, end);
    while (request != end && call.ins < LIMIT)
        call.in[call.ins++] = next_of(&request, end);
    int result = perform(&call, &name);
    MAKE_PUBLIC(&result, sizeof result);

    size_t total = 4;
    for (int i = 0; i < call.outs; i++)
        total += 4 + call.out[i].size;
    uint8_t *to = *reply = memory_of(total);
    store32(to, (uint32_t)result);
    to += 4;
    for (int i = 0; i < call.outs; i++) {
        /* Public: the results of an operation are the caller's; what it does inside is not. */
        MAKE_PUBLIC(call.out[i].at, call.out[i].size);
        store32(to, (uint32_t)call.out[i].size);
        to += 4;
        if (call.out[i].size)
            memcpy(to, call.out[i].at, call.out[i].size);
        to += call.out[i].size;
        free(call.out[i].at);
    }
    for (int i = 0; i < call.ins; i++)
        free(call.in[i].at);
    free(name.at);
    return total;
}

void release(uint8_t *reply)
{
    free(reply);
}

/* Requests and replies, each after its u32 size. */
int main(void)
{
    uint8_t head[4];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t size = load32(head);
        uint8_t *reply, *request = memory_of(size);
        if (fread(request, 1, size, stdin) != size)
            fail("a request is cut short");
        size = drive(request, size, &reply);
        store32(head, (uint32_t)size);
        fwrite(head, 1, sizeof head, stdout);
        fwrite(reply, 1, size, stdout);
        fflush(stdout);
        free(request);
        release(reply);
    }
    return 0;
}
