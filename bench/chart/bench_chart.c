/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-chart FILE.png <TEXT: draws what chart.h describes.
 */
#include "bench/chart/chart.h"

int main(int argc, char **argv)
{
    static struct chart chart;
    if (argc != 2) {
        fprintf(stderr, "Usage: bench-chart FILE.png <TEXT (bench/chart/chart.h)\n");
        return 2;
    }
    unsigned line = chart_read(&chart, stdin);
    if (line > 0) {
        fprintf(stderr, "bench-chart: line %u of the text is wrong\n", line);
        return 1;
    }
    if (!chart_write(&chart, argv[1])) {
        fprintf(stderr, "bench-chart: cannot write %s\n", argv[1]);
        return 1;
    }
    return 0;
}
