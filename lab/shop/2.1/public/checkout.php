<?php
// Turns the cart into an order: paid and whole, or nothing. The mail that confirms it comes after.
require __DIR__ . '/../lib/shop.php';

must_be_posted();
$customer = form_text('customer', 1, 100);
$email = form_mail('email');
database()->beginTransaction();
rows('SELECT pg_advisory_xact_lock(hashtext(?))', [cart_token()]);
$lines = cart();
if (!$lines)
	refuse(409, 'the cart is empty');
[$order] = rows('INSERT INTO orders (token, customer, email, total_cents) VALUES (?, ?, ?, ?) RETURNING id',
	[cart_token(), $customer, $email, total_cents($lines)]);
foreach ($lines as $line) {
	rows('INSERT INTO order_lines VALUES (?, ?, ?, ?)',
		[$order['id'], $line['id'], $line['quantity'], $line['price_cents']]);
	if (!rows('UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ? RETURNING id',
		[$line['quantity'], $line['id'], $line['quantity']]))
		refuse(409, "not enough of {$line['name']}");
}
rows('DELETE FROM carts WHERE token = ?', [cart_token()]);
if ($email !== '')
	rows('INSERT INTO customers (name, email) VALUES (?, ?) ON CONFLICT (email) DO NOTHING', [$customer, $email]);
charge("order-{$order['id']}", total_cents($lines));
database()->commit();
if ($email !== '')
	mail_to($email, "Order {$order['id']}", "Thank you, $customer: " . euros(total_cents($lines)) . ' received.');
go("/order.php?id={$order['id']}");
