<?php
// The visitor's own order, as it stands in the database.
require __DIR__ . '/../lib/shop.php';

$id = filter_var($_GET['id'] ?? '', FILTER_VALIDATE_INT);
$orders = $id === false ? [] : rows('SELECT * FROM orders WHERE id = ? AND token = ?', [$id, cart_token()]);
if (!$orders)
	refuse(404, 'no such order');
unset($orders[0]['token']);
answer($orders[0] + ['lines' => rows('SELECT name, quantity, l.price_cents FROM order_lines l
	JOIN products p ON p.id = product_id WHERE order_id = ? ORDER BY p.id', [$id])]);
