/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "evidence/report.h"
#include "evidence/tap.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Whatever comes in: counts that agree with the cases and clean names, or an error that says why. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(report_done) struct report report = { 0 };
	struct error err = { 0 };

	if (tap_parse((const char *)bytes, size, &report, &err) < 0) {
		assert(!report.count && err.kind == ERR_CORRUPT && err.text[0]);
		return 0;
	}
	assert(report.passed + report.failed + report.skipped == report.count);
	for (size_t i = 0; i < report.count; i++) {
		assert(report.cases[i].name[0] && !strchr(report.cases[i].name, '\x1b'));
		assert(strlen(report.cases[i].message) <= REPORT_MESSAGE_MAX);
	}
	return 0;
}
