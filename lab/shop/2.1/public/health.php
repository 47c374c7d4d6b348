<?php
define('PATIENCE', 0); // whoever asks for health wants to know how it is now
require __DIR__ . '/../lib/shop.php';

try {
	[$products] = rows('SELECT count(*) FROM products');
} catch (PDOException $e) {
	refuse(503, 'no database: ' . $e->getMessage());
}
answer(['health' => 'good', 'products' => $products['count']]);
