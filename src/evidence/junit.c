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

#define PARSE_OPTIONS                                                                              \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA)

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

static size_t number_attribute(xmlNode *node, const char *name)
{
	CLEANUP(free) char *text = attribute(node, name);
	char *end = NULL;
	unsigned long number = strtoul(text, &end, 10);

	return *text == '-' || *end || number > INT_MAX ? 0 : number;
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

/* The outcome that a child of <testcase> stands for; CASE_PASSED for all others. */
static enum case_outcome child_outcome(const xmlNode *child)
{
	if (is_element(child, "failure") || is_element(child, "error"))
		return CASE_FAILED;
	return is_element(child, "skipped") ? CASE_SKIPPED : CASE_PASSED;
}

/* A failure outweighs a skip. */
static xmlNode *deciding_child(xmlNode *node)
{
	xmlNode *found = NULL;

	for (xmlNode *child = node->children; child; child = child->next) {
		enum case_outcome outcome = child_outcome(child);

		if (outcome == CASE_FAILED)
			return child;
		if (outcome == CASE_SKIPPED)
			found = child;
	}
	return found;
}

static int read_case(xmlNode *node, struct report *report, struct error *err)
{
	CLEANUP(free) char *name = case_name(node), *message = NULL;
	xmlNode *decides = deciding_child(node);
	enum case_outcome outcome = decides ? child_outcome(decides) : CASE_PASSED;

	if (decides)
		message = element_words(decides);
	if (report_add(report, name, outcome, message, err) < 0)
		return -1;
	report->cases[report->count - 1].ms = case_ms(node);
	for (xmlNode *child = node->children; child; child = child->next) {
		if (outcome != CASE_FAILED ||
			(!is_element(child, "system-out") && !is_element(child, "system-err")))
			continue;

		CLEANUP(free) char *words = element_words(child);

		report_add_message(report, words);
	}
	return 0;
}

/* What a suite announces must be there: a tool that died half-way leaves less. */
static int check_counts(
	xmlNode *node, const struct report *before, struct report *report, struct error *err)
{
	CLEANUP(free) char *name = attribute(node, "name"), *message = NULL;
	size_t tests = number_attribute(node, "tests"), listed = report->count - before->count;
	size_t failed = number_attribute(node, "failures") + number_attribute(node, "errors");
	size_t found = report->failed - before->failed;

	if (tests > listed)
		message = mem_printf(
			"line %ld: says %zu tests, lists %zu", xmlGetLineNo(node), tests, listed);
	else if (failed && !found)
		message = mem_printf("line %ld: says %zu failures and errors, lists none",
			xmlGetLineNo(node), failed);
	if (!message)
		return 0;
	return report_add(
		report, *name ? name : (const char *)node->name, CASE_FAILED, message, err);
}

/* libxml2 itself nests no deeper than 256. */
static int read_suite(xmlNode *node, struct report *report, struct error *err)
{
	const struct report before = *report;

	for (xmlNode *child = node->children; child; child = child->next) {
		int result = 0;

		if (is_element(child, "testcase")) {
			result = read_case(child, report, err);
		} else if (is_element(child, "testsuite")) {
			result = read_suite(child, report, err);
		} else if (child_outcome(child) == CASE_FAILED) {
			CLEANUP(free) char *name = attribute(node, "name");
			CLEANUP(free) char *words = element_words(child);

			result = report_add(
				report, *name ? name : "testsuite", CASE_FAILED, words, err);
		}
		if (result < 0)
			return -1;
	}
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
	return read_suite(root, report, err);
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
	*out = report;
	report = (struct report){ 0 };
	return 0;
}
