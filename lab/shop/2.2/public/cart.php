<?php
require __DIR__ . '/../lib/shop.php';

$lines = cart();
if (!$lines)
	page('Cart', '<p>The cart is empty.</p>');
$body = '<ul>';
foreach ($lines as $line)
	$body .= "<li>{$line['quantity']} &times; " . safe($line['name']) . ', ' . euros($line['price_cents']) . "</li>\n";
$body .= '</ul><p>Total ' . euros(total_cents($lines)) . '</p>
<form method=post action=/checkout.php><label>Name <input name=customer></label>
<label>Mail <input name=email></label>
<label>Note for the courier <input name=note></label> <button>Order</button></form>';
page('Cart', $body);
