// SPDX-License-Identifier: Apache-2.0
#include "command_job.h"

#include "base/log.h"
#include "base/stop.h"

#include <argp.h>
#include <omp.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };

int command_job(const struct command_job *job, int argc, char **argv)
{
    static struct config config; // large
    argv[0] = job->name;
    argp_err_exit_status = EXIT_WRONG_USE;
    argp_parse(job->argp, argc, argv, 0, NULL, job->request);
    enum status status = command_request_read(&config, job->config);
    if (status == STATUS_OK) {
        log_start(job->log, (enum log_level)config.log_level);
        stop_install();
        if (config.threads > 0) omp_set_num_threads(config.threads);
        status = job->run(&config, job->request);
    } else {
        status = STATUS_BAD_CONFIG; // a file that cannot be read, too
    }
    if (status == STATUS_OK) return EXIT_DONE;
    fprintf(stderr, "%s: %s\n", job->name, status_message());
    return status == STATUS_BAD_CONFIG ? EXIT_WRONG_USE : EXIT_FAILED;
}
