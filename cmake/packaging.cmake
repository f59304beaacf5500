# SPDX-License-Identifier: Apache-2.0
# What "cmake --install" puts beside the programs, and the Debian package that scripts/package makes of it.
include(GNUInstallDirs)

foreach(unit sluice-dataplane sluice-control sluice-authz)
  configure_file(deploy/systemd/${unit}.service.in deploy/systemd/${unit}.service @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/deploy/systemd/${unit}.service DESTINATION lib/systemd/system)
endforeach()
install(FILES deploy/sysusers/sluice.conf DESTINATION lib/sysusers.d)
install(FILES deploy/tmpfiles/sluice.conf DESTINATION lib/tmpfiles.d)
install(FILES deploy/livekit.yaml deploy/authz.env DESTINATION share/doc/sluice/examples)
install(FILES LICENSE README.md DESTINATION share/doc/sluice)
install(DIRECTORY docs/ DESTINATION share/doc/sluice/docs FILES_MATCHING PATTERN "*.md" PATTERN "*.png" PATTERN "*.svg")
# the test-call page, if it was bundled (needs Node.js)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/build/console/ DESTINATION share/sluice/console OPTIONAL PATTERN "*.map" EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sluice)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "SFU and authorisation service for Matrix calls")
set(CPACK_PACKAGE_DESCRIPTION "Speaks LiveKit's protocols to unmodified clients, with media on AF_XDP.
 Replaces the LiveKit server and lk-jwt-service, with their configuration.")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The sluice developers <sluice@localhost>")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/deploy/debian/postinst ${CMAKE_SOURCE_DIR}/deploy/debian/prerm ${CMAKE_SOURCE_DIR}/deploy/debian/postrm)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
include(CPack)
