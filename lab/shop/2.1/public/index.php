<?php
require __DIR__ . '/../lib/shop.php';

$body = '';
foreach (rows('SELECT id, name, price_cents FROM products ORDER BY id') as $product) {
	$body .= "<form method=post action=/add.php><b>" . safe($product['name']) . '</b> ' . euros($product['price_cents']) .
		" <input type=hidden name=product value={$product['id']}><input name=quantity value=1 size=2>
		<button>Add</button></form>\n";
}
page('Catalogue', $body);
