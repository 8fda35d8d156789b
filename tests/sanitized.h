/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether a test runs under sanitizers, where everything takes ten times as long: sizes that only prove speed, memory or endurance are smaller there.
 */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#  define TESTS_SANITIZED 1
#else
#  define TESTS_SANITIZED 0
#endif
