<?php
require __DIR__ . '/../lib/shop.php';

[$server] = rows('SHOW server_version');
answer(['release' => release(), 'php' => PHP_VERSION, 'postgresql' => $server['server_version'], 'host' => gethostname()]);
