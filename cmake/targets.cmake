# SPDX-License-Identifier: Apache-2.0
# One call per library, program, unit test and fuzz target. Include paths are the
# source root (so that headers are named by directory) and the build root (generated code).
find_package(Threads REQUIRED)

function(sluice_common_properties target)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
endfunction()

# sluice_library(name SOURCES a.c ... LIBS x ...)
function(sluice_library name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  sluice_common_properties(${name})
  target_link_libraries(${name} PUBLIC ${A_LIBS} Threads::Threads)
endfunction()

# sluice_program(name SOURCES a.c ... LIBS x ...)
function(sluice_program name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  sluice_common_properties(${name})
  target_link_libraries(${name} PRIVATE ${A_LIBS} Threads::Threads)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  if(name MATCHES "^sluice")
    install(TARGETS ${name} RUNTIME DESTINATION bin)
  endif()
endfunction()

# sluice_test(name SOURCES tests/unit/test_x.c LIBS x ... [LABELS l ...]): a cmocka program, registered
# with ctest. Paths are relative to the source root. Labels: "unit" unless given; "threads" as well for
# what ThreadSanitizer is to see; "system" for what needs root. Exit code 77 means skipped.
function(sluice_test name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS;ARGS;LABELS" ${ARGN})
  if(NOT A_LABELS)
    set(A_LABELS unit)
  endif()
  if(SLUICE_FUZZ)
    return()
  endif()
  list(TRANSFORM A_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/)
  add_executable(${name} ${A_SOURCES})
  sluice_common_properties(${name})
  target_link_libraries(${name} PRIVATE ${A_LIBS} cmocka Threads::Threads)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} ${A_ARGS})
  set_tests_properties(${name} PROPERTIES LABELS "${A_LABELS}" SKIP_RETURN_CODE 77)
endfunction()

# sluice_fuzz(name SOURCES tests/fuzz/fuzz_x.c LIBS x ...): a libFuzzer program.
# tests/fuzz/corpus/<name>/ holds its seeds, if any.
function(sluice_fuzz name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS" ${ARGN})
  if(NOT SLUICE_FUZZ)
    return()
  endif()
  list(TRANSFORM A_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/)
  add_executable(${name} ${A_SOURCES})
  sluice_common_properties(${name})
  target_link_libraries(${name} PRIVATE ${A_LIBS} Threads::Threads)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
endfunction()

# sluice_proto(name SCHEMAS a.proto ...): a library of protobuf-c code; include "<dir>/a.pb-c.h".
function(sluice_proto name)
  cmake_parse_arguments(A "" "" "SCHEMAS;LIBS" ${ARGN})
  find_program(PROTOC_C protoc-c REQUIRED)
  set(out)
  foreach(schema ${A_SCHEMAS})
    get_filename_component(base ${schema} NAME_WE)
    file(RELATIVE_PATH rel ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${schema})
    get_filename_component(dir ${rel} DIRECTORY)
    set(c ${CMAKE_BINARY_DIR}/${dir}/${base}.pb-c.c)
    set(h ${CMAKE_BINARY_DIR}/${dir}/${base}.pb-c.h)
    add_custom_command(OUTPUT ${c} ${h}
      COMMAND ${PROTOC_C} --proto_path=${CMAKE_SOURCE_DIR} --c_out=${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/${rel}
      DEPENDS ${schema} VERBATIM)
    list(APPEND out ${c} ${h})
  endforeach()
  add_library(${name} STATIC ${out})
  sluice_common_properties(${name})
  target_compile_options(${name} PRIVATE -Wno-error -w)
  target_link_libraries(${name} PUBLIC protobuf-c ${A_LIBS})
endfunction()
