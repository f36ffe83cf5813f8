# What `cmake --install` puts where, and the package made of it (cpack). A tree like
#   bin/minnow  lib/libminnow.so  lib/libminnow.a  lib/cmake/Minnow  lib/pkgconfig  include/minnow/minnow.h
#   share/minnow/{models,proto}  share/man/man1  share/doc/minnow, and completions for bash and zsh.
include(CMakePackageConfigHelpers)

install(TARGETS minnow_shared EXPORT MinnowTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
set_target_properties(minnow_static PROPERTIES EXCLUDE_FROM_ALL OFF)
install(TARGETS minnow_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/minnow/minnow.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/minnow)
install(DIRECTORY models/ DESTINATION ${MINNOW_MODELS_IN_SHARE} PATTERN *.py EXCLUDE)
install(DIRECTORY frontend/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/minnow/proto/frontend FILES_MATCHING PATTERN *.proto)

# find_package(Minnow): Minnow::minnow, and Minnow::static with COMPONENTS static.
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Minnow)
install(EXPORT MinnowTargets NAMESPACE Minnow:: DESTINATION ${package})
configure_package_config_file(cmake/package/MinnowConfig.cmake.in ${PROJECT_BINARY_DIR}/MinnowConfig.cmake
  INSTALL_DESTINATION ${package} PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR MINNOW_MODELS_IN_SHARE)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/MinnowConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/MinnowConfig.cmake ${PROJECT_BINARY_DIR}/MinnowConfigVersion.cmake DESTINATION ${package})

# pkg-config --cflags --libs [--static] minnow; its folders are relative to the file, so that a tree may be moved.
file(RELATIVE_PATH MINNOW_UP_TO_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/package/minnow.pc.in ${PROJECT_BINARY_DIR}/minnow.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/minnow.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The licences of what is compiled in; shared libraries come with their own.
install(FILES cmake/package/NOTICES.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
foreach(dependency libcli11-dev libexpected-dev nlohmann-json3-dev)
  if(EXISTS /usr/share/doc/${dependency}/copyright)
    install(FILES /usr/share/doc/${dependency}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR}/licences RENAME ${dependency})
  endif()
endforeach()

if(MINNOW_BUILD_TOOLS)
  install(TARGETS minnow RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  set(manual ${PROJECT_BINARY_DIR}/man1)
  set(bash ${PROJECT_BINARY_DIR}/completion/minnow)
  set(zsh ${PROJECT_BINARY_DIR}/completion/_minnow)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_custom_command(OUTPUT ${manual}/minnow.1 VERBATIM
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/make-man $<TARGET_FILE:minnow> ${manual}
    DEPENDS minnow ${PROJECT_SOURCE_DIR}/scripts/make-man)
  add_custom_command(OUTPUT ${bash} ${zsh} VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/completion
    COMMAND sh -c "$<TARGET_FILE:minnow> completion bash > ${bash} && $<TARGET_FILE:minnow> completion zsh > ${zsh}"
    DEPENDS minnow)
  add_custom_target(minnow_manual ALL DEPENDS ${manual}/minnow.1 ${bash} ${zsh})
  install(DIRECTORY ${manual}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN *.1)
  install(FILES ${bash} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${zsh} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME minnow)
set(CPACK_PACKAGE_CONTACT "The Minnow authors <minnow@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "llvm-19-dev, libprotobuf-dev")  # to link libminnow.a
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
include(CPack)
