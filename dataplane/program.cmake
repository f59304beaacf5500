# SPDX-License-Identifier: Apache-2.0
if(TARGET sluice_config AND TARGET sluice_media AND TARGET sluice_sctp)
  sluice_program(sluice-dataplane SOURCES main.c LIBS sluice_process sluice_config sluice_sandbox)
endif()
