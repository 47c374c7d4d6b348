/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/protocol.h"
#include "clone/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Hear a text byte by byte; what is recorded, owned by the caller. */
static struct jvalue *hear(enum fence_answer as, const char *text, struct str *reply)
{
	CLEANUP(protocol_free) struct protocol *protocol = protocol_new(as, reply);
	struct jvalue *told = jvalue_object();

	for (; *text; text++)
		protocol_receive(protocol, text, 1, reply);
	protocol_record(protocol, told);
	return told;
}

static const struct jvalue *entry_at(const struct jvalue *told, const char *list, size_t index)
{
	const struct jvalue *entry = jvalue_at(jvalue_get(told, list), index);

	assert_non_null(entry);
	return entry;
}

static void test_protocol__takes_mail_with_its_envelope(void **state)
{
	static const char said[] =
		"EHLO shop\r\n"
		"MAIL FROM:<orders@shop.example> SIZE=100\r\n"
		"RCPT TO:<a@x.example>\r\nRCPT TO:<b@x.example>\r\n"
		"DATA\r\nSubject: order 7\r\n\r\n..a dot\r\nend\r\n.\r\nQUIT\r\n";
	CLEANUP(str_done) struct str reply = { 0 };
	CLEANUP(jvalue_free) struct jvalue *told = hear(FENCE_AS_SMTP, said, &reply);
	const struct jvalue *mail = entry_at(told, "messages", 0);

	(void)state;
	assert_string_equal("orders@shop.example", jvalue_string(mail, "from"));
	assert_int_equal(2, jvalue_count(jvalue_get(mail, "to")));
	assert_string_equal("b@x.example", jvalue_text(jvalue_at(jvalue_get(mail, "to"), 1)));
	assert_string_equal("Subject: order 7\n\n.a dot\nend\n", jvalue_string(mail, "message"));
	assert_false(jvalue_bool(mail, "is_cut", true));
	assert_true(str_starts(reply.text, "220 "));
	assert_non_null(strstr(reply.text, "354 "));
	assert_true(str_ends(reply.text, "250 2.0.0 taken\r\n221 2.0.0 bye\r\n"));
}

static void test_protocol__keeps_smtp_in_its_order(void **state)
{
	static const struct {
		const char *said, *answer;
	} cases[] = {
		{ "RCPT TO:<a@x>\r\n", "503 5.5.1 MAIL first\r\n" },
		{ "DATA\r\n", "503 5.5.1 RCPT first\r\n" },
		{ "MAIL FROM:<>\r\nDATA\r\n", "503 5.5.1 RCPT first\r\n" },
		{ "MAIL FROM:<a@x>\r\nRSET\r\nRCPT TO:<a@x>\r\n", "503 5.5.1 MAIL first\r\n" },
		{ "STARTTLS\r\n", "502 5.5.1 not here\r\n" },
		{ "noop\r\n", "250 2.0.0 ok\r\n" },
		{ "AUTH PLAIN AGEAYg==\r\n", "235 2.7.0 ok\r\n" },
		{ "AUTH LOGIN\r\nYQ==\r\nYg==\r\n", "334 \r\n334 \r\n235 2.7.0 ok\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(str_done) struct str reply = { 0 };
		CLEANUP(jvalue_free)
		struct jvalue *told = hear(FENCE_AS_SMTP, cases[i].said, &reply);

		if (!str_ends(str_text(&reply), cases[i].answer))
			fail_msg("'%s' was answered '%s'", cases[i].said, str_text(&reply));
		assert_int_equal(0, jvalue_integer(told, "count", -1));
	}
}

static void test_protocol__keeps_no_password(void **state)
{
	CLEANUP(str_done) struct str reply = { 0 };
	CLEANUP(jvalue_free)
	struct jvalue *told = hear(FENCE_AS_SMTP,
		"AUTH LOGIN\r\nc2VjcmV0\r\nc2VjcmV0\r\nAUTH PLAIN c2VjcmV0\r\nQUIT\r\n", &reply);
	CLEANUP(free) char *text = jvalue_write(told);

	(void)state;
	assert_null(strstr(text, "c2VjcmV0"));
}

static void test_protocol__keeps_the_beginning_of_what_is_long(void **state)
{
	CLEANUP(str_done) struct str reply = { 0 };
	CLEANUP(str_done) struct str said = { 0 };

	(void)state;
	str_add(&said, "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n");
	for (int i = 0; i < 3000; i++)
		str_add(&said, "0123456789012345678901234567890123456789\r\n");
	str_add(&said, ".\r\n");

	CLEANUP(jvalue_free) struct jvalue *told = hear(FENCE_AS_SMTP, said.text, &reply);
	const struct jvalue *mail = entry_at(told, "messages", 0);

	assert_int_equal(3000 * 41, jvalue_integer(mail, "size", 0));
	assert_int_equal(PROTOCOL_KEPT_MAX, strlen(jvalue_string(mail, "message")));
	assert_true(jvalue_bool(mail, "is_cut", false));
}

static void test_protocol__tells_of_mail_that_was_cut_off(void **state)
{
	CLEANUP(str_done) struct str reply = { 0 };
	CLEANUP(jvalue_free)
	struct jvalue *told =
		hear(FENCE_AS_SMTP, "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nhalf of", &reply);

	(void)state;
	assert_true(jvalue_bool(told, "is_unfinished", false));
	assert_int_equal(0, jvalue_integer(told, "count", -1));
}

static void test_protocol__answers_requests_on_one_connection(void **state)
{
	static const char said[] =
		"POST /pay?card=1 HTTP/1.1\r\nHost: pay.example\r\nContent-Length: 5\r\n\r\nhello"
		"POST /chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n"
		"GET /last HTTP/1.1\r\nConnection: close\r\n\r\n"
		"GET /never HTTP/1.1\r\n\r\n";
	CLEANUP(str_done) struct str reply = { 0 };
	CLEANUP(jvalue_free) struct jvalue *told = hear(FENCE_AS_HTTP, said, &reply);

	(void)state;
	assert_int_equal(3, jvalue_integer(told, "count", 0));
	assert_string_equal("POST", jvalue_string(entry_at(told, "requests", 0), "method"));
	assert_string_equal("/pay?card=1", jvalue_string(entry_at(told, "requests", 0), "target"));
	assert_string_equal("pay.example", jvalue_string(entry_at(told, "requests", 0), "host"));
	assert_string_equal("hello", jvalue_string(entry_at(told, "requests", 0), "body"));
	assert_string_equal("abcdefg", jvalue_string(entry_at(told, "requests", 1), "body"));
	assert_string_equal("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
			    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
			    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		reply.text);
}

static void test_protocol__tells_a_client_that_waits_to_go_on(void **state)
{
	CLEANUP(str_done) struct str reply = { 0 };
	CLEANUP(jvalue_free)
	struct jvalue *told = hear(FENCE_AS_HTTP,
		"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok", &reply);

	(void)state;
	assert_true(str_starts(reply.text, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
	assert_string_equal("ok", jvalue_string(entry_at(told, "requests", 0), "body"));
}

static void test_protocol__refuses_what_is_no_request(void **state)
{
	CLEANUP(str_done) struct str reply = { 0 };
	CLEANUP(jvalue_free)
	struct jvalue *told = hear(FENCE_AS_HTTP, "hello there\r\nGET / HTTP/1.1\r\n\r\n", &reply);

	(void)state;
	assert_true(str_starts(reply.text, "HTTP/1.1 400 "));
	assert_int_equal(0, jvalue_integer(told, "count", -1));
}

/* A ClientHello by hand: version, random, no session, one cipher, no compression, one name. */
static size_t write_hello(char *out, const char *name)
{
	CLEANUP(str_done) struct str s = { 0 };
	size_t size = strlen(name);
	char body[300], length;

	str_add_bytes(&s, "\x03\x03", 2);
	for (int i = 0; i < 32; i++)
		str_add_bytes(&s, "r", 1);
	str_add_bytes(&s, "\0\0\x02\x13\x01\x01\0", 7);
	str_add_bytes(&s, "\0", 1);
	length = (char)(size + 9);
	str_add_bytes(&s, &length, 1);
	str_add_bytes(&s, "\0\0\0", 3);
	length = (char)(size + 5);
	str_add_bytes(&s, &length, 1);
	str_add_bytes(&s, "\0", 1);
	length = (char)(size + 3);
	str_add_bytes(&s, &length, 1);
	str_add_bytes(&s, "\0\0", 2);
	length = (char)size;
	str_add_bytes(&s, &length, 1);
	str_add_bytes(&s, name, size);
	memcpy(body, s.text, s.size);
	memcpy(out, "\x16\x03\x01\0", 4);
	out[4] = (char)(s.size + 4);
	memcpy(out + 5, "\x01\0\0", 3);
	out[8] = (char)s.size;
	memcpy(out + 9, body, s.size);
	return s.size + 9;
}

static void test_protocol__finds_whom_a_tls_client_wants(void **state)
{
	char hello[400], name[SERVER_NAME_MAX] = "";
	size_t size = write_hello(hello, "pay.example.org");

	(void)state;
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(0, hello_server_name((unsigned char *)hello, cut, name));
	assert_int_equal(1, hello_server_name((unsigned char *)hello, size, name));
	assert_string_equal("pay.example.org", name);
	assert_int_equal(-1, hello_server_name((const unsigned char *)"GET / ", 6, name));

	for (enum fence_answer as = FENCE_AS_SMTP; as <= FENCE_AS_TCP; as++) {
		CLEANUP(str_done) struct str reply = { 0 };
		CLEANUP(protocol_free) struct protocol *protocol = protocol_new(as, &reply);
		CLEANUP(jvalue_free) struct jvalue *told = jvalue_object();

		protocol_receive(protocol, hello, 20, &reply);
		assert_false(protocol_is_over(protocol));
		protocol_receive(protocol, hello + 20, size - 20, &reply);
		assert_true(protocol_is_over(protocol));
		protocol_record(protocol, told);
		assert_string_equal("pay.example.org", jvalue_string(told, "server_name"));
	}
}

static void test_protocol__shows_the_first_bytes_of_anything(void **state)
{
	CLEANUP(str_done) struct str reply = { 0 };
	CLEANUP(jvalue_free)
	struct jvalue *told = hear(FENCE_AS_TCP, "\x01hello\\", &reply);

	(void)state;
	assert_string_equal("", str_text(&reply));
	assert_string_equal("\\x01", jvalue_string(told, "first_bytes"));
}

static void test_sink__reads_ports(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "smtp", "no port" },
		{ "0=smtp", "no port" },
		{ "70000=smtp", "no port" },
		{ "25", "no port" },
		{ "25=", "want smtp" },
		{ "25=pop", "want smtp" },
	};
	struct fence_sink port = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, sink_port_read("443=tcp", &port, &err));
	assert_int_equal(443, port.port);
	assert_int_equal(FENCE_AS_TCP, port.as);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(-1, sink_port_read(cases[i].text, &port, &err));
		assert_int_equal(ERR_USAGE, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].told);
	}
}

static void test_sink__counts_a_record_and_passes_over_what_is_none(void **state)
{
	static const char record[] = "{\"as\":\"smtp\",\"count\":2,\"at\":\"a\"}\n"
				     "garbage\n"
				     "{\"as\":\"http\",\"count\":3,\"at\":\"b\"}\n"
				     "{\"as\":\"tcp\",\"at\":\"c\"}\n"
				     "{\"as\":\"tcp\",\"at\":\"d\"}\n"
				     "{\"as\":\"tc";
	char path[] = "/tmp/patchline-sink-XXXXXX";
	CLEANUP(sink_tally_done) struct sink_tally t = { 0 };
	CLEANUP(sink_tally_done) struct sink_tally none = { 0 };
	struct error err = { 0 };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(sizeof record - 1, write(fd, record, sizeof record - 1));
	close(fd);
	assert_int_equal(0, sink_tally_read(path, 2, &t, &err));
	assert_int_equal(2, t.messages);
	assert_int_equal(3, t.requests);
	assert_int_equal(2, t.connections[FENCE_AS_TCP]);
	assert_int_equal(2, jvalue_count(t.last));
	assert_string_equal("d", jvalue_string(jvalue_at(t.last, 1), "at"));
	unlink(path);
	assert_int_equal(0, sink_tally_read(path, 0, &none, &err));
	assert_int_equal(0, jvalue_count(none.last));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protocol__takes_mail_with_its_envelope),
		cmocka_unit_test(test_protocol__keeps_smtp_in_its_order),
		cmocka_unit_test(test_protocol__keeps_no_password),
		cmocka_unit_test(test_protocol__keeps_the_beginning_of_what_is_long),
		cmocka_unit_test(test_protocol__tells_of_mail_that_was_cut_off),
		cmocka_unit_test(test_protocol__answers_requests_on_one_connection),
		cmocka_unit_test(test_protocol__tells_a_client_that_waits_to_go_on),
		cmocka_unit_test(test_protocol__refuses_what_is_no_request),
		cmocka_unit_test(test_protocol__finds_whom_a_tls_client_wants),
		cmocka_unit_test(test_protocol__shows_the_first_bytes_of_anything),
		cmocka_unit_test(test_sink__reads_ports),
		cmocka_unit_test(test_sink__counts_a_record_and_passes_over_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
