<?php
require __DIR__ . '/../lib/shop.php';

must_be_posted();
$product = form_number('product', 1, 1000000);
$quantity = form_number('quantity', 1, 100);
if (!rows('SELECT 1 FROM products WHERE id = ?', [$product]))
	refuse(404, "no product $product");
rows('INSERT INTO carts VALUES (?, ?, ?)
	ON CONFLICT (token, product_id) DO UPDATE SET quantity = carts.quantity + excluded.quantity',
	[cart_token(), $product, $quantity]);
go('/cart.php');
