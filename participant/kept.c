// SPDX-License-Identifier: Apache-2.0
#include "kept.h"

#include "base/files.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* What stands before the integers. */
struct head {
    char name[16];
    struct kept kept;               // without its pointer
    uint8_t checksum[DIGEST_BYTES]; // of all else
};

static const char name_of_file[] = "update", name[16] = "fedveil update 1";

static struct head head_of(const struct kept *kept)
{
    struct head head;
    memset(&head, 0, sizeof head); // the padding too
    memcpy(head.name, name, sizeof head.name);
    head.kept.round = kept->round;
    memcpy(head.kept.model, kept->model, sizeof head.kept.model);
    head.kept.weight = kept->weight;
    memcpy(&head.kept.metrics, &kept->metrics, sizeof head.kept.metrics);
    head.kept.size = kept->size;
    return head;
}

static enum status add_checksum(struct head *head, const uint8_t *bytes, size_t size)
{
    struct digest_stream *stream = NULL;
    memset(head->checksum, 0, sizeof head->checksum);
    const enum status status = digest_stream_create(&stream);
    if (status != STATUS_OK) return status;
    digest_stream_add(stream, head, sizeof *head);
    digest_stream_add(stream, bytes, size);
    digest_stream_end(head->checksum, &stream);
    return STATUS_OK;
}

/* Whether a file is what kept_write() writes; takes it apart then. */
static bool take_apart(struct kept *kept, const uint8_t *file, size_t size)
{
    struct head head, again;
    if (size < sizeof head) return false;
    memcpy(&head, file, sizeof head);
    memcpy(&again, &head, sizeof again);
    if (memcmp(head.name, name, sizeof head.name) != 0 || head.kept.size != size - sizeof head ||
        head.kept.round == 0 ||
        add_checksum(&again, file + sizeof head, head.kept.size) != STATUS_OK ||
        memcmp(again.checksum, head.checksum, sizeof head.checksum) != 0) {
        return false;
    }
    *kept = head.kept;
    kept->bytes = NULL;
    return true;
}

enum status kept_open(struct kept *kept, const char *folder)
{
    char path[LIMIT_PATH];
    uint8_t *file = NULL;
    size_t size = 0;
    memset(kept, 0, sizeof *kept);
    enum status status = files_join(path, folder, name_of_file);
    if (status != STATUS_OK || !files_exists(path)) return status;
    status = files_read_secret(&file, &size, path, ENVELOPE_BODY_MAX + sizeof(struct head));
    if (status != STATUS_OK) return status;
    if (!take_apart(kept, file, size)) {
        log_warning("%s: is no update that was kept, and counts as none", path);
    } else {
        memmove(file, file + sizeof(struct head), kept->size);
        kept->bytes = file;
        file = NULL;
    }
    free(file);
    return STATUS_OK;
}

enum status kept_write(const struct kept *kept, const char *folder)
{
    char path[LIMIT_PATH];
    struct files_new *file = NULL;
    struct head head = head_of(kept);
    enum status status = add_checksum(&head, kept->bytes, kept->size);
    if (status == STATUS_OK) status = files_join(path, folder, name_of_file);
    if (status == STATUS_OK) status = files_begin(&file, path, 0600);
    if (status == STATUS_OK) status = files_put(file, &head, sizeof head, 0);
    if (status == STATUS_OK) status = files_put(file, kept->bytes, kept->size, sizeof head);
    if (status == STATUS_OK) status = files_end(&file);
    files_discard(&file);
    return status;
}

enum status kept_copy(uint8_t **bytes, const struct kept *kept)
{
    *bytes = malloc(kept->size);
    if (*bytes == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for an update");
    memcpy(*bytes, kept->bytes, kept->size);
    return STATUS_OK;
}

void kept_close(struct kept *kept)
{
    free(kept->bytes);
    memset(kept, 0, sizeof *kept);
}
