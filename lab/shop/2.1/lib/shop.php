<?php
// What every page needs: the database, the visitor's cart, and safe output.
declare(strict_types=1);

/** Seconds that a page waits for its database: that it restarts is no reason to turn customers away. */
defined('PATIENCE') || define('PATIENCE', 45);

function connect(): PDO
{
	$where = strtr(trim(file_get_contents('/etc/shop/database')), ' ', ';') . ';connect_timeout=5';
	return new PDO("pgsql:$where", null, null,
		[PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]);
}

function database(bool $anew = false): PDO
{
	static $database = null;

	if ($anew)
		$database = null;
	for ($until = microtime(true) + PATIENCE; !$database; usleep(200000)) {
		try {
			return $database = connect();
		} catch (PDOException $e) {
			if (microtime(true) > $until)
				throw $e;
		}
	}
	return $database;
}

function run(PDO $database, string $sql, array $values): array
{
	$statement = $database->prepare($sql);
	$statement->execute($values);
	return $statement->fetchAll();
}

/** Rows of a statement whose values are bound in order. What only reads is asked again when the database went away. */
function rows(string $sql, array $values = []): array
{
	$may_repeat = !database()->inTransaction() && preg_match('/^(SELECT|SHOW)\b/', $sql);
	try {
		return run(database(), $sql, $values);
	} catch (PDOException $e) {
		// not what SQL itself refuses; a database that stops says so in many ways
		if (!$may_repeat || preg_match('/^(22|23|42)/', (string)$e->getCode()))
			throw $e;
		return run(database(true), $sql, $values);
	}
}

function release(): string
{
	return trim(file_get_contents(__DIR__ . '/../RELEASE'));
}

/** The cart is kept in the database, so that any web host can serve any request. */
function cart_token(): string
{
	$token = $_COOKIE['cart'] ?? '';
	if (!is_string($token) || !preg_match('/^[0-9a-f]{32}$/', $token)) {
		$token = bin2hex(random_bytes(16));
		setcookie('cart', $token, ['httponly' => true, 'samesite' => 'Lax', 'path' => '/']);
		$_COOKIE['cart'] = $token;
	}
	return $token;
}

function cart(): array
{
	return rows('SELECT id, name, quantity, price_cents FROM carts JOIN products ON id = product_id
		WHERE token = ? ORDER BY id', [cart_token()]);
}

function total_cents(array $lines): int
{
	return array_sum(array_map(fn ($line) => $line['quantity'] * $line['price_cents'], $lines));
}

/** A whole number of a form field within limits, else an answer of 400. */
function form_number(string $name, int $least, int $most): int
{
	$options = ['options' => ['min_range' => $least, 'max_range' => $most]];
	$number = filter_var($_POST[$name] ?? '', FILTER_VALIDATE_INT, $options);
	if ($number === false)
		refuse(400, "$name must be a whole number from $least to $most");
	return $number;
}

function form_text(string $name, int $least, int $most): string
{
	$text = is_string($_POST[$name] ?? '') ? trim($_POST[$name] ?? '') : '';
	if (strlen($text) < $least || strlen($text) > $most)
		refuse(400, "$name must have $least to $most letters");
	return $text;
}

/** A mail address of a form field, or an empty text where none was given. */
function form_mail(string $name): string
{
	$address = form_text($name, 0, 100);
	if ($address !== '' && !filter_var($address, FILTER_VALIDATE_EMAIL))
		refuse(400, "$name must be a mail address");
	return $address;
}

/** Takes the money, else answers 502. A key that was charged before is not charged again. */
function charge(string $key, int $cents): void
{
	$http_response_header = [];
	@file_get_contents('http://pay/charge', false, stream_context_create(['http' => [
		'method' => 'POST', 'header' => 'Content-Type: application/json', 'timeout' => 5, 'ignore_errors' => true,
		'content' => json_encode(['key' => $key, 'cents' => $cents])]]));
	if (!preg_match('/ 200 /', $http_response_header[0] ?? ''))
		refuse(502, 'the payment was not taken: ' . ($http_response_header[0] ?? 'no answer'));
}

/** Mails the customer. An order stands whether or not its mail goes out: the log says when it did not. */
function mail_to(string $address, string $subject, string $text): void
{
	$talk = ['' => 220, 'HELO shop' => 250, 'MAIL FROM:<shop@shop.example>' => 250, "RCPT TO:<$address>" => 250,
		'DATA' => 354, "To: $address\r\nSubject: $subject\r\n\r\n$text\r\n." => 250, 'QUIT' => 221];
	$server = @stream_socket_client('tcp://mail:25', $number, $why, 2);
	if (!$server)
		error_log("no mail to $address: $why");
	foreach ($server ? $talk : [] as $say => $wanted) {
		stream_set_timeout($server, 2);
		$answer = ($say === '' || fwrite($server, "$say\r\n")) ? fgets($server) : false;
		if ((int)$answer !== $wanted) {
			error_log("no mail to $address: '$answer' after '$say'");
			return;
		}
	}
}

function must_be_posted(): void
{
	if ($_SERVER['REQUEST_METHOD'] !== 'POST')
		refuse(405, 'this address takes POST only');
}

function refuse(int $status, string $why): never
{
	http_response_code($status);
	header('Content-Type: text/plain');
	exit("$why\n");
}

function answer(array $facts): never
{
	header('Content-Type: application/json');
	exit(json_encode($facts, JSON_UNESCAPED_SLASHES) . "\n");
}

function go(string $where): never
{
	header("Location: $where", true, 303);
	exit;
}

function safe(string $text): string
{
	return htmlspecialchars($text, ENT_QUOTES);
}

function euros(int $cents): string
{
	return number_format($cents / 100, 2) . ' EUR';
}

function page(string $title, string $body): never
{
	$title = safe($title);
	$release = safe(release());
	exit("<!doctype html><html lang=en><meta charset=utf-8><title>$title</title>
<link rel=stylesheet href=/style.css>
<header><a href=/>Catalogue</a> <a href=/cart.php>Cart</a></header>
<h1>$title</h1>
$body
<footer>Shop $release</footer></html>\n");
}
