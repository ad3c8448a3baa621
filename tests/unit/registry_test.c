// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "registry.h"

#include <stdio.h>
#include <string.h>

static void every_attack_is_found_by_its_own_name_alone(void **state)
{
    (void)state;
    assert_true(registry_count > 0);
    for (size_t i = 0; i < registry_count; i++) {
        assert_ptr_equal(registry_find(registry[i].name), &registry[i]);
        assert_non_null(registry[i].attack);
        assert_true(strlen(registry[i].name) < 16 && registry[i].what[0] != '\0');
    }
    assert_null(registry_find("none"));
}

static void a_name_that_is_no_attack_is_told(void **state)
{
    (void)state;
    struct config_texts names = {.count = 2};
    snprintf(names.values[0], LIMIT_NAME, "%s", registry[0].name);
    snprintf(names.values[1], LIMIT_NAME, "%s", registry[0].name);
    assert_int_equal(registry_check(&names), STATUS_OK);
    snprintf(names.values[1], LIMIT_NAME, "hope");
    assert_int_equal(registry_check(&names), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "\"hope\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attack_is_found_by_its_own_name_alone),
        cmocka_unit_test(a_name_that_is_no_attack_is_told),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
