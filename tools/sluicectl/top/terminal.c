/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/top/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static bool taken;
static volatile sig_atomic_t ended, resized;

static void on_end(int number)
{
    (void)number;
    ended = 1;
}

static void on_resize(int number)
{
    (void)number;
    resized = 1;
}

static void catch (int number, void (*handler)(int))
{
    struct sigaction a = {.sa_handler = handler}; /* without SA_RESTART: poll(2) is to return */
    sigaction(number, &a, NULL);
}

bool terminal_is_one(void)
{
    return isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
}

static bool take_keys(void)
{
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    struct termios raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void terminal_open(bool drawing)
{
    catch (SIGINT, on_end);
    catch (SIGTERM, on_end);
    catch (SIGHUP, on_end);
    catch (SIGPIPE, on_end);
    catch (SIGWINCH, on_resize);
    taken = drawing && take_keys();
    if (taken)
        fputs("\033[?1049h\033[?25l\033[2J", stdout);
}

void terminal_close(void)
{
    if (!taken)
        return;
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    taken = false;
}

void terminal_size(size_t *rows, size_t *columns)
{
    struct winsize w = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0;
    *rows = known ? w.ws_row : 24;
    *columns = known ? w.ws_col : 80;
}

static int time_out(usec_t deadline)
{
    usec_t now = clock_monotonic();
    return deadline <= now ? 0 : (int)((deadline - now + USEC_PER_MS - 1) / USEC_PER_MS);
}

enum terminal_event terminal_wait(usec_t deadline, char *key)
{
    struct pollfd p = {.fd = taken ? STDIN_FILENO : -1, .events = POLLIN};
    if (ended)
        return TERMINAL_END;
    int ready = resized ? 0 : poll(&p, 1, time_out(deadline));
    if (ended)
        return TERMINAL_END;
    if (resized) {
        resized = 0;
        return TERMINAL_RESIZED;
    }
    if (ready > 0 && (p.revents & POLLIN))
        return read(STDIN_FILENO, key, 1) == 1 ? TERMINAL_KEY : TERMINAL_END;
    return ready > 0 ? TERMINAL_END : TERMINAL_TIME; /* without POLLIN: it was hung up */
}
