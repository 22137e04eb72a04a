<?php
// A must-use plugin of the tests: writes down every mail that is really sent, and every request to another server.
add_action(
	'phpmailer_init',
	static function ( $mailer ) {
		file_put_contents( '/run/farshore/mails.log', $mailer->Subject . "\n", FILE_APPEND );
	}
);
add_filter(
	'pre_http_request',
	static function ( $answer, $args, $url ) {
		file_put_contents( '/run/farshore/requests.log', $url . "\n", FILE_APPEND );
		return new WP_Error( 'closed', 'nobody is asked' );
	},
	10,
	3
);
