<?php
// Prints every file of the plugin that PHP cannot parse.
foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( '/usr/share/farshore/wordpress' ) ) as $file ) {
	if ( str_ends_with( $file, '.php' ) ) {
		exec( 'php8.2 -l ' . escapeshellarg( $file ) . ' 2>&1', $said, $code );
		if ( 0 !== $code ) {
			echo implode( "\n", $said ), "\n";
		}
	}
}
