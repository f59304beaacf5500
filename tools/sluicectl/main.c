/* SPDX-License-Identifier: Apache-2.0 */
/* sluicectl: what an operator asks a running sluice, and does without one. */
#include "tools/sluicectl/command.h"

int main(int argc, char **argv)
{
    return command_line(argc, argv);
}
