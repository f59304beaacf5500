# SPDX-License-Identifier: Apache-2.0
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/signal/join_request.c)
  sluice_program(sluice-control SOURCES main.c auth.c reports.c settings.c waiting_file.c
    LIBS sluice_endpoint sluice_api_routes sluice_metrics sluice_control_stats sluice_address sluice_link_client sluice_config sluice_sandbox sluice_internal sluice_proxy sluice_console)
endif()
