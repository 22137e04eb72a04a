<?php
// Standard input: {"pair": base64, "sealed": [base64]}, or nothing for a new pair. Prints JSON.
$given = json_decode( stream_get_contents( STDIN ), true );
if ( null === $given ) {
	$pair = sodium_crypto_box_keypair();
	exit( json_encode( array( 'pair' => base64_encode( $pair ), 'public' => base64_encode( sodium_crypto_box_publickey( $pair ) ) ) ) );
}
$pair = base64_decode( $given['pair'] );
echo json_encode( array_map( static fn ( $text ) => json_decode( sodium_crypto_box_seal_open( base64_decode( $text ), $pair ) ), $given['sealed'] ) );
