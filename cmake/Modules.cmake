# fedveil_library(NAME SOURCES... LINKS...): a static library for one folder.
# fedveil_program(NAME SOURCES... LINKS...): an executable, installed to bin.
# fedveil_test(KIND STEM LINKS...): the test KIND_STEM from tests/<folder of KIND>/STEM_test.c.

function(fedveil_library NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_library(${NAME} STATIC ${ARG_SOURCES})
    target_include_directories(${NAME} PUBLIC
        ${CMAKE_SOURCE_DIR}/shared ${CMAKE_SOURCE_DIR}/participant ${CMAKE_SOURCE_DIR}/coordinator
        ${CMAKE_SOURCE_DIR}/sim ${CMAKE_SOURCE_DIR}/audit)
    target_link_libraries(${NAME} PUBLIC fedveil_options ${ARG_LINKS})
endfunction()

add_custom_target(programs) # what quickstart builds: no tests

function(fedveil_program NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${NAME} ${ARG_SOURCES})
    target_link_libraries(${NAME} PRIVATE fedveil_options ${ARG_LINKS})
    install(TARGETS ${NAME} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    add_dependencies(programs ${NAME})
endfunction()

add_custom_target(threaded) # the tests of code with threads, which have a label of this name

set(FEDVEIL_TEST_FOLDER_unit unit)
set(FEDVEIL_TEST_FOLDER_law laws)
set(FEDVEIL_TEST_FOLDER_vector vectors)
set(FEDVEIL_TEST_FOLDER_gradient gradients)
set(FEDVEIL_TEST_FOLDER_round rounds)
set(FEDVEIL_TEST_FOLDER_hostile hostile)

function(fedveil_test KIND STEM)
    cmake_parse_arguments(ARG "" "" "LINKS;SOURCES" ${ARGN})
    set(target ${KIND}_${STEM})
    add_executable(${target}
        ${CMAKE_SOURCE_DIR}/tests/${FEDVEIL_TEST_FOLDER_${KIND}}/${STEM}_test.c ${ARG_SOURCES})
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE fedveil_options PkgConfig::CMOCKA ${ARG_LINKS} m)
    target_compile_definitions(${target} PRIVATE
        TEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}/tests" TEST_BINARY_DIR="${CMAKE_BINARY_DIR}")
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${target} COMMAND ${target})
    if(KIND MATCHES "^(unit|law)$" AND
       ARG_LINKS MATCHES "^fedveil_(nn|frequency|view|image|train|aggregate|audit_measures)$")
        set_tests_properties(${target} PROPERTIES LABELS threaded)
        add_dependencies(threaded ${target})
    endif()
endfunction()
