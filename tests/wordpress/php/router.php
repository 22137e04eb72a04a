<?php
// What nginx does for a real shop: files are themselves, everything else is WordPress.
$path = (string) parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH );
$root = '/srv/wp';
if ( '/healthcheck.php' === $path ) {
	$_SERVER['SCRIPT_NAME'] = $path;
	require '/usr/share/farshore/wordpress/healthcheck.php';
	return true;
}
if ( is_dir( $root . $path ) && is_file( "$root$path/index.php" ) ) {
	$path = rtrim( $path, '/' ) . '/index.php';
}
if ( ! str_ends_with( $path, '.php' ) && is_file( $root . $path ) ) {
	return false;
}
$script = is_file( $root . $path ) && str_ends_with( $path, '.php' ) ? $path : '/index.php';
$_SERVER['SCRIPT_NAME']     = $script;
$_SERVER['PHP_SELF']        = $script;
$_SERVER['SCRIPT_FILENAME'] = $root . $script;
chdir( dirname( $root . $script ) );
require $root . $script;
