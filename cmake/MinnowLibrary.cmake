# One library per folder; the link graph is the direction of dependency.
#   minnow_library(passes DEPENDS minnow::ir LINKS LLVM SOURCES a.cc b.cc)
# DEPENDS are our own libraries, LINKS everything else. Includes are written from the project root. Without SOURCES it is the
# rooms that it depends on.
include_guard()

add_library(minnow_options INTERFACE)
target_include_directories(minnow_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(minnow_options INTERFACE -Wall -Wextra
  $<$<BOOL:${MINNOW_WERROR}>:-Werror>
  # Files joined to one translation unit look like headers to it.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>
  # A false alarm on std::string operator+ (gcc.gnu.org/PR105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # libstdc++ 12's own std::stable_sort calls a function that it has deprecated.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)

function(minnow_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINKS;SOURCES" ${ARGN})
  if(ARG_SOURCES)
    add_library(minnow_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(minnow_${name} PUBLIC minnow_options ${ARG_DEPENDS} ${ARG_LINKS})
  else()
    add_library(minnow_${name} INTERFACE)
    target_link_libraries(minnow_${name} INTERFACE ${ARG_DEPENDS} ${ARG_LINKS})
  endif()
  add_library(minnow::${name} ALIAS minnow_${name})
endfunction()

# Reads the files into the variable, one behind the other, and again when they change: texts that are built into the
# program.
function(minnow_read_texts out)
  set(content)
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    file(READ ${file} text)
    string(APPEND content "${text}")
  endforeach()
  set(${out} "${content}" PARENT_SCOPE)
endfunction()

# Messages of a folder: minnow_protos(schema frontend/schema) makes minnow_schema of frontend/schema/*.proto. They are
# imported, and their headers included, by their path from the project root.
function(minnow_protos name folder)
  file(GLOB protos CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.proto)
  set(output ${PROJECT_BINARY_DIR}/generated)
  set(generated)
  foreach(proto ${protos})
    file(RELATIVE_PATH stem ${PROJECT_SOURCE_DIR} ${proto})
    string(REGEX REPLACE "proto$" "pb" stem ${stem})
    add_custom_command(OUTPUT ${output}/${stem}.cc ${output}/${stem}.h
      COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR} --cpp_out=${output} ${proto}
      DEPENDS ${protos})
    list(APPEND generated ${output}/${stem}.cc)
  endforeach()
  file(MAKE_DIRECTORY ${output})
  add_library(minnow_${name} STATIC ${generated})
  target_link_libraries(minnow_${name} PUBLIC protobuf::libprotobuf)
  target_include_directories(minnow_${name} SYSTEM PUBLIC ${output} ${Protobuf_INCLUDE_DIRS})
  set_target_properties(minnow_${name} PROPERTIES UNITY_BUILD OFF)  # each file has tables of the same names
endfunction()

# The objects of our own libraries that `target` is made of, itself included, as generator expressions in `out`.
function(minnow_objects target out)
  set(seen)
  set(open ${target})
  set(objects)
  while(open)
    list(POP_FRONT open library)
    get_target_property(aliased ${library} ALIASED_TARGET)
    if(aliased)
      set(library ${aliased})
    endif()
    if(library IN_LIST seen)
      continue()
    endif()
    list(APPEND seen ${library})
    get_target_property(type ${library} TYPE)
    if(type STREQUAL STATIC_LIBRARY)
      list(APPEND objects $<TARGET_OBJECTS:${library}>)
    endif()
    get_target_property(links ${library} INTERFACE_LINK_LIBRARIES)
    foreach(link ${links})
      if(link MATCHES "^minnow[:_]" AND TARGET ${link})
        list(APPEND open ${link})
      endif()
    endforeach()
  endwhile()
  set(${out} ${objects} PARENT_SCOPE)
endfunction()
