/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of records in a journal.
 */
#ifndef SLUICE_CONTROL_WEBHOOK_JOURNAL_RECORD_H
#define SLUICE_CONTROL_WEBHOOK_JOURNAL_RECORD_H

enum { JOURNAL_EVENT = 1, JOURNAL_DONE = 2 };

#endif
