/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/junit.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "evidence/report.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PARSE_OPTIONS                                                                              \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |           \
		XML_PARSE_HUGE)
#define DEPTH_MAX 64 /* of suites within suites */

/* What a reader of one suite carries along. */
struct reading {
	struct report *report;
	unsigned depth;
};

static void parser_free(xmlParserCtxt *parser)
{
	if (!parser)
		return;
	xmlFreeDoc(parser->myDoc);
	xmlFreeParserCtxt(parser);
}
CLEANUP_FUNC(xmlParserCtxt *, parser_free)

/* An attribute or a node's text, owned by the caller; "" for none. */
static char *take_xml(xmlChar *value)
{
	char *copy = mem_strdup(value ? (const char *)value : "");

	xmlFree(value);
	return copy;
}

static char *attribute(xmlNode *node, const char *name)
{
	return take_xml(xmlGetNoNsProp(node, (const xmlChar *)name));
}

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* What an element says: its message attribute, then its text, when that says more. */
static char *element_words(xmlNode *node)
{
	CLEANUP(free) char *message = attribute(node, "message");
	CLEANUP(free) char *text = take_xml(xmlNodeGetContent(node));
	const char *more = str_trim(text);

	if (str_starts(more, message))
		return mem_strdup(more);
	return *more ? mem_printf("%s\n%s", message, more) : STEAL(&message);
}

/* "classname.name", or the one that is there. */
static char *case_name(xmlNode *node)
{
	CLEANUP(free) char *class = attribute(node, "classname"), *name = attribute(node, "name");

	if (!*class || str_equal(class, name))
		return STEAL(&name);
	return *name ? mem_printf("%s.%s", class, name) : STEAL(&class);
}

static int64_t case_ms(xmlNode *node)
{
	CLEANUP(free) char *text = attribute(node, "time");
	double seconds = strtod(text, NULL);

	return seconds > 0 && seconds < 1e9 ? (int64_t)(seconds * 1000) : 0;
}

/* Words of outcomes, as elements below <testcase> or values of its attributes, in small letters. */
static const struct outcome_word {
	const char *word;
	enum case_outcome outcome;
} child_words[] = {
	{ "error",        CASE_FAILED  },
	{ "failure",      CASE_FAILED  },
	{ "skipped",      CASE_SKIPPED },
	{ "skip",         CASE_SKIPPED },
	{ "ignored",      CASE_SKIPPED },
	{ "disabled",     CASE_SKIPPED },
	{ "notrun",       CASE_SKIPPED },
	{ "flakyerror",   CASE_PASSED  }, /* surefire: failed, and passed when it was run again */
	{ "flakyfailure", CASE_PASSED  },
	{ "rerunerror",   CASE_PASSED  }, /* surefire: beside the failure itself */
	{ "rerunfailure", CASE_PASSED  },
}, attribute_words[] = {
	{ "run",        CASE_PASSED  },
	{ "passed",     CASE_PASSED  },
	{ "pass",       CASE_PASSED  },
	{ "success",    CASE_PASSED  },
	{ "successful", CASE_PASSED  },
	{ "completed",  CASE_PASSED  },
	{ "complete",   CASE_PASSED  },
	{ "ok",         CASE_PASSED  },
	{ "notrun",     CASE_SKIPPED },
	{ "not_run",    CASE_SKIPPED },
	{ "not run",    CASE_SKIPPED },
	{ "skipped",    CASE_SKIPPED },
	{ "skip",       CASE_SKIPPED },
	{ "suppressed", CASE_SKIPPED },
	{ "disabled",   CASE_SKIPPED },
	{ "ignored",    CASE_SKIPPED },
	{ "pending",    CASE_SKIPPED },
	{ "todo",       CASE_SKIPPED },
	{ "untested",   CASE_SKIPPED },
	{ "fail",       CASE_FAILED  },
	{ "failed",     CASE_FAILED  },
	{ "failure",    CASE_FAILED  },
	{ "error",      CASE_FAILED  },
	{ "errored",    CASE_FAILED  },
	{ "broken",     CASE_FAILED  },
	{ "timeout",    CASE_FAILED  },
	{ "aborted",    CASE_FAILED  },
	{ "undefined",  CASE_FAILED  },
};

static const struct outcome_word *find_word(
	const struct outcome_word *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(words[i].word, word) == 0)
			return &words[i];
	}
	return NULL;
}

/* The outcome that a child of <testcase> stands for. What is not known and sounds like a failure is one; the rest tells nothing. */
static enum case_outcome child_outcome(const xmlNode *child)
{
	const char *name = (const char *)child->name;

	if (child->type != XML_ELEMENT_NODE)
		return CASE_PASSED;

	const struct outcome_word *known =
		find_word(child_words, sizeof child_words / sizeof *child_words, name);

	if (known)
		return known->outcome;
	return strcasestr(name, "fail") || strcasestr(name, "error") ? CASE_FAILED : CASE_PASSED;
}

/* <skipped type="todo">, as node writes beside the failure of a test that is expected to fail. */
static bool is_todo(xmlNode *child)
{
	CLEANUP(free) char *type = attribute(child, "type");

	return strcasecmp(type, "todo") == 0;
}

/* A failure outweighs a skip, but not that of a test that is not done yet. */
static xmlNode *deciding_child(xmlNode *node)
{
	xmlNode *found = NULL;

	for (xmlNode *child = node->children; child; child = child->next) {
		enum case_outcome outcome = child_outcome(child);

		if (outcome == CASE_SKIPPED && is_todo(child))
			return child;
		if (outcome != CASE_PASSED && (!found || outcome == CASE_FAILED))
			found = child;
	}
	return found;
}

/* A case as it is read: the worst that its children and attributes say, and why. */
struct verdict {
	enum case_outcome outcome;
	char *message; /* owned */
};

static void verdict_done_p(struct verdict *v)
{
	free(v->message);
}

static void verdict_worsen(struct verdict *v, enum case_outcome outcome, char *message /* taken */)
{
	bool is_worse = outcome == CASE_FAILED
				? v->outcome != CASE_FAILED
				: outcome == CASE_SKIPPED && v->outcome == CASE_PASSED;

	if (is_worse) {
		v->outcome = outcome;
		free(v->message);
		v->message = message;
		return;
	}
	free(message);
}

/* status="notrun", result="suppressed": a word that is not known says nothing good. */
static void weigh_attribute(xmlNode *node, const char *name, struct verdict *v)
{
	CLEANUP(free) char *text = attribute(node, name);
	const char *word = str_trim(text);
	const struct outcome_word *known =
		find_word(attribute_words, sizeof attribute_words / sizeof *attribute_words, word);

	if (known)
		verdict_worsen(v, known->outcome, mem_printf("%s=\"%s\"", name, word));
	else if (*word)
		verdict_worsen(v, CASE_FAILED,
			mem_printf("line %ld: %s=\"%.80s\" is no outcome that is known",
				xmlGetLineNo(node), name, word));
}

/* disabled="true", skipped="1" */
static void weigh_flag(xmlNode *node, const char *name, struct verdict *v)
{
	CLEANUP(free) char *text = attribute(node, name);
	const char *word = str_trim(text);

	if (*word && strcasecmp(word, "false") != 0 && strcmp(word, "0") != 0)
		verdict_worsen(v, CASE_SKIPPED, mem_printf("%s=\"%s\"", name, word));
}

static void weigh_case(xmlNode *node, struct verdict *v)
{
	static const char *const words[] = { "status", "result" };
	static const char *const flags[] = { "disabled", "skipped", "ignored" };
	xmlNode *decides = deciding_child(node);

	if (decides)
		verdict_worsen(v, child_outcome(decides), element_words(decides));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		weigh_attribute(node, words[i], v);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		weigh_flag(node, flags[i], v);
}

static int read_case(xmlNode *node, struct report *report, struct error *err)
{
	CLEANUP(free) char *name = case_name(node);
	CLEANUP(verdict_done) struct verdict v = { CASE_PASSED, NULL };

	weigh_case(node, &v);
	if (report_add(report, name, v.outcome, v.message, err) < 0)
		return -1;
	report->cases[report->count - 1].ms = case_ms(node);
	for (xmlNode *child = node->children; child; child = child->next) {
		if (v.outcome != CASE_FAILED ||
			(!is_element(child, "system-out") && !is_element(child, "system-err")))
			continue;

		CLEANUP(free) char *words = element_words(child);

		report_add_message(report, words);
	}
	return 0;
}

/* ---- what a suite announces ---- */

/* A count that a suite announces, "" for none. False when it is no count. */
static bool read_count(xmlNode *node, const char *name, unsigned *out)
{
	CLEANUP(free) char *text = attribute(node, name);
	const char *word = str_trim(text);

	*out = 0;
	return !*word || str_number(word, INT_MAX, out, NULL);
}

/* What a suite announces must be there: a tool that died half-way lists less. One test may have several failures. */
static char *find_contradiction(
	xmlNode *node, const struct report *before, const struct report *report)
{
	const size_t skipped = report->skipped - before->skipped;
	const size_t failed = report->failed > before->failed ? SIZE_MAX : 0;
	const struct {
		const char *name;
		size_t listed;
		const char *hint;
	} claims[] = {
		{ "tests", report->count - before->count,
			"; of a runner that counts assertions, as Catch2 does, take the TAP report" },
		{ "failures", failed, "" },
		{ "errors", failed, "" },
		{ "skipped", skipped, "" },
		{ "disabled", skipped, "" },
		{ "ignored", skipped, "" },
		{ "skip", skipped, "" },
	};

	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		unsigned count = 0;

		if (!read_count(node, claims[i].name, &count))
			return mem_printf(
				"line %ld: '%s' is no count", xmlGetLineNo(node), claims[i].name);
		if (count > claims[i].listed)
			return mem_printf("line %ld: says %u %s, lists %zu%s", xmlGetLineNo(node),
				count, claims[i].name, claims[i].listed, claims[i].hint);
	}
	return NULL;
}

static int check_counts(
	xmlNode *node, const struct report *before, struct report *report, struct error *err)
{
	CLEANUP(free) char *name = attribute(node, "name");
	CLEANUP(free) char *message = find_contradiction(node, before, report);

	if (!message)
		return 0;
	return report_add(
		report, *name ? name : (const char *)node->name, CASE_FAILED, message, err);
}

/*
 * More tests have passed than the suite says it has: jest lists those that are still to be written, as if they had passed, and
 * does not count them. Of suites within suites nobody says which count whose.
 */
static void discount_uncounted(xmlNode *node, const struct report *before, struct report *report)
{
	const size_t passed = report->passed - before->passed;
	CLEANUP(free) char *text = attribute(node, "tests");
	unsigned count = 0;

	for (xmlNode *child = node->children; child; child = child->next) {
		if (is_element(child, "testsuite"))
			return;
	}
	if (*str_trim(text) && read_count(node, "tests", &count) && passed > count)
		report_skip_passed(report, before->count, passed - count);
}

static int read_suite(xmlNode *node, struct reading r, struct error *err)
{
	struct report *report = r.report;
	const struct report before = *report;

	if (r.depth++ == DEPTH_MAX)
		return error_set(err, ERR_CORRUPT, "line %ld: more than %d suites within suites",
			xmlGetLineNo(node), DEPTH_MAX);
	for (xmlNode *child = node->children; child; child = child->next) {
		int result = 0;

		if (is_element(child, "testcase")) {
			result = read_case(child, report, err);
		} else if (is_element(child, "testsuite")) {
			result = read_suite(child, r, err);
		} else if (child_outcome(child) == CASE_FAILED) {
			CLEANUP(free) char *name = attribute(node, "name");
			CLEANUP(free) char *words = element_words(child);

			result = report_add(
				report, *name ? name : "testsuite", CASE_FAILED, words, err);
		}
		if (result < 0)
			return -1;
	}
	discount_uncounted(node, &before, report);
	return check_counts(node, &before, report, err);
}

/* Called when a document type begins, before anything in it is read. */
static void refuse_document_type(
	void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	xmlParserCtxt *parser = context;

	(void)name;
	(void)external;
	(void)system;
	*(bool *)parser->_private = true;
	xmlStopParser(parser);
}

static int parse_error(xmlParserCtxt *parser, bool has_document_type, struct error *err)
{
	const xmlError *cause = xmlCtxtGetLastError(parser);
	CLEANUP(free) char *words = mem_strdup(cause ? cause->message : NULL);

	if (has_document_type)
		return error_set(err, ERR_CORRUPT,
			"line %d: a document type (<!DOCTYPE>) is not accepted; remove it",
			parser->input ? parser->input->line : 1);
	return error_set(err, ERR_CORRUPT, "line %d: %s", cause ? cause->line : 1,
		words ? str_trim(words) : "not XML");
}

static int read_document(xmlParserCtxt *parser, struct report *report, struct error *err)
{
	bool has_document_type = false;

	parser->_private = &has_document_type;
	parser->sax->internalSubset = refuse_document_type;
	if (xmlParseDocument(parser) < 0 || has_document_type || !parser->wellFormed)
		return parse_error(parser, has_document_type, err);

	xmlNode *root = xmlDocGetRootElement(parser->myDoc);

	if (!root || (!is_element(root, "testsuites") && !is_element(root, "testsuite")))
		return error_set(err, ERR_CORRUPT,
			"line %ld: want <testsuites> or <testsuite>, not <%.40s>",
			root ? xmlGetLineNo(root) : 1, root ? (const char *)root->name : "");
	return read_suite(root, (struct reading){ report, 0 }, err);
}

int junit_parse(const char *text, size_t size, struct report *out, struct error *err)
{
	CLEANUP(report_done) struct report report = { 0 };
	CLEANUP(parser_free) xmlParserCtxt *parser = NULL;

	if (size > JUNIT_SIZE_MAX)
		return error_set(err, ERR_CORRUPT, "longer than %zu bytes", JUNIT_SIZE_MAX);
	if (!size)
		return error_set(err, ERR_CORRUPT, "the report is empty");
	parser = xmlCreateMemoryParserCtxt(text, (int)size);
	if (!parser)
		return error_set(err, ERR_CORRUPT, "line 1: not XML");
	xmlCtxtUseOptions(parser, PARSE_OPTIONS);
	if (read_document(parser, &report, err) < 0)
		return -1;
	*out = STEAL(&report);
	return 0;
}
