# Language, warnings, sanitizers and hardening, gathered in one interface library: fedveil_options.

option(FEDVEIL_WERROR "Treat warnings as errors" OFF)
option(FEDVEIL_FUZZ "Build libFuzzer targets (clang only)" OFF)
set(FEDVEIL_SANITIZE "" CACHE STRING "Comma-separated sanitizers, for example address,undefined")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
# Assertions stay on in release builds; no -march: kernels are chosen at run time.
set(CMAKE_C_FLAGS_RELEASE "-O3 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")

add_library(fedveil_options INTERFACE)
target_compile_definitions(fedveil_options INTERFACE
    _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE FEDVEIL_VERSION="${PROJECT_VERSION}")
target_compile_options(fedveil_options INTERFACE
    -fno-math-errno -fvisibility=hidden -fstack-protector-strong
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Wformat=2
    -Wundef -Wvla -Wcast-qual -Wpointer-arith -Wwrite-strings -Wstrict-prototypes
    -Wmissing-prototypes -Wold-style-definition -Wredundant-decls -Wswitch-enum
    -Wimplicit-fallthrough -Wfloat-equal -fno-common)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(fedveil_options INTERFACE
        -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init)
else()
    target_compile_options(fedveil_options INTERFACE
        -Wcomma -Wconditional-uninitialized -Wshorten-64-to-32)
endif()
if(FEDVEIL_WERROR)
    target_compile_options(fedveil_options INTERFACE -Werror)
endif()
if(FEDVEIL_SANITIZE)
    target_compile_options(fedveil_options INTERFACE
        -fsanitize=${FEDVEIL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(fedveil_options INTERFACE -fsanitize=${FEDVEIL_SANITIZE})
    target_compile_definitions(fedveil_options INTERFACE FEDVEIL_SANITIZED)
    if(FEDVEIL_SANITIZE MATCHES "thread")
        target_compile_definitions(fedveil_options INTERFACE FEDVEIL_SANITIZED_THREADS)
    endif()
else()
    target_compile_definitions(fedveil_options INTERFACE
        $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
target_link_options(fedveil_options INTERFACE -Wl,-z,relro -Wl,-z,now)
