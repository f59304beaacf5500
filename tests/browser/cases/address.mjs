// SPDX-License-Identifier: Apache-2.0
// The laboratory of a home line is in tests/netns; it has browsers in it.
import { cases as changes } from '../../netns/address.mjs';
import { cases as interfaces } from '../../netns/interfaces.mjs';

export const cases = [...changes, ...interfaces];
