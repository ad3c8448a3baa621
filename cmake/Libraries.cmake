# The libraries Fedveil stands on, each as one imported target. All are Debian packages.

find_package(PkgConfig REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
# ThreadSanitizer knows what OpenMP's threads wait for only when clang's runtime tells it, by Archer.
# OpenBLAS wants gcc's runtime, but finds its functions in clang's, which comes first: one for all.
if(FEDVEIL_SANITIZE MATCHES "thread")
    find_library(ARCHER archer PATHS /usr/lib/llvm-14/lib REQUIRED)
    set_property(TARGET OpenMP::OpenMP_C APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${ARCHER})
endif()
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq>=4.3.4)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
# Debian keeps several flavours of OpenBLAS side by side and lets the administrator choose one. Ours
# is the one that shares OpenMP's threads: found in its own folder, which becomes the RPATH.
set(ENV{PKG_CONFIG_PATH}
    "/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp/pkgconfig:$ENV{PKG_CONFIG_PATH}")
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
find_program(PROTOC_C protoc-c REQUIRED)
