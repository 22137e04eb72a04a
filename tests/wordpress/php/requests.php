<?php
// Standard input: a list of requests. Prints kind and shape of each.
require '/usr/share/farshore/wordpress/farshore/class-farshore-request.php';
$told = array();
foreach ( json_decode( stream_get_contents( STDIN ), true ) as list( $server, $get, $post ) ) {
	$request = Farshore_Request::of( $server, $get, $post );
	$told[]  = array( $request->kind, $request->shape );
}
echo json_encode( $told );
