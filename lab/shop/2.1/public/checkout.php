<?php
// Turns the cart into an order: all of it or nothing.
require __DIR__ . '/../lib/shop.php';

must_be_posted();
$customer = form_text('customer', 1, 100);
database()->beginTransaction();
rows('SELECT pg_advisory_xact_lock(hashtext(?))', [cart_token()]);
$lines = cart();
if (!$lines)
	refuse(409, 'the cart is empty');
[$order] = rows('INSERT INTO orders (token, customer, total_cents) VALUES (?, ?, ?) RETURNING id',
	[cart_token(), $customer, total_cents($lines)]);
foreach ($lines as $line) {
	rows('INSERT INTO order_lines VALUES (?, ?, ?, ?)',
		[$order['id'], $line['id'], $line['quantity'], $line['price_cents']]);
	if (!rows('UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ? RETURNING id',
		[$line['quantity'], $line['id'], $line['quantity']]))
		refuse(409, "not enough of {$line['name']}");
}
rows('DELETE FROM carts WHERE token = ?', [cart_token()]);
database()->commit();
go("/order.php?id={$order['id']}");
