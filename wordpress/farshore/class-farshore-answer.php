<?php
/**
 * The polite no: 503 with Retry-After, in the shape that whoever asked can read.
 *
 * Works before WordPress is loaded, and in its midst.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Status, headers and body of one refusal. */
final class Farshore_Answer {

	/**
	 * Takes what is to be said.
	 *
	 * @param int    $status HTTP status.
	 * @param string $type   Content type.
	 * @param string $body   Body.
	 * @param int    $after  Seconds for Retry-After.
	 */
	private function __construct( private readonly int $status, private readonly string $type, private readonly string $body, private readonly int $after ) {
	}

	/**
	 * A refusal.
	 *
	 * @param Farshore_Request       $request  What was asked.
	 * @param string                 $key      Which sentence.
	 * @param Farshore_Settings|null $settings What this server was told.
	 */
	public static function refusal( Farshore_Request $request, string $key, ?Farshore_Settings $settings ): self {
		$plan     = null === $settings ? Farshore_Closing::unknown() : Farshore_Closing::read( $settings->run_file( 'closed.json' ) );
		$sentence = Farshore_Sentences::say( $key, $settings );
		$after    = $plan->retry_after_s();
		return match ( $request->shape ) {
			// WooCommerce's script shows the sentence above the form only if the status is 200.
			Farshore_Request::CLASSIC => new self( 200, 'application/json', self::classic( $sentence ), $after ),
			Farshore_Request::JSON    => new self( 503, 'application/json', self::json( $key, $sentence, $plan ), $after ),
			Farshore_Request::XMLRPC  => new self( 503, 'text/plain; charset=utf-8', $sentence . "\n", $after ),
			default                   => new self( 503, 'text/html; charset=utf-8', self::page( $sentence, $plan, $settings ), $after ),
		};
	}

	/** Sends it and ends the request. */
	public function send(): never {
		while ( ob_get_level() > 0 ) {
			if ( ! @ob_end_clean() ) { // phpcs:ignore WordPress.PHP.NoSilencedErrors
				break;
			}
		}
		$this->send_headers();
		echo $this->body; // phpcs:ignore WordPress.Security.EscapeOutput
		exit;
	}

	/** Replaces the headers of an answer that was already being made; nothing when it is too late. */
	public function send_headers(): void {
		if ( headers_sent() ) {
			return;
		}
		header_remove( 'Location' );
		header_remove( 'Set-Cookie' );
		// http_response_code() would leave a status line that WordPress has set before.
		$protocol = 'HTTP/1.0' === ( $_SERVER['SERVER_PROTOCOL'] ?? '' ) ? 'HTTP/1.0' : 'HTTP/1.1';
		header( $protocol . ( 503 === $this->status ? ' 503 Service Unavailable' : ' 200 OK' ), true, $this->status );
		header( 'Content-Type: ' . $this->type );
		header( 'Retry-After: ' . $this->after );
		header( 'Cache-Control: no-store' );
	}

	/** The body alone. */
	public function body(): string {
		return $this->body;
	}

	/**
	 * As the classic checkout's script reads it.
	 *
	 * @param string $sentence For people.
	 */
	private static function classic( string $sentence ): string {
		$messages = '<ul class="woocommerce-error" role="alert"><li>' . self::text( $sentence ) . '</li></ul>';
		return self::encode(
			array(
				'result'   => 'failure',
				'messages' => $messages,
				'refresh'  => false,
				'reload'   => false,
			)
		);
	}

	/**
	 * As the REST API's clients read it.
	 *
	 * @param string           $key      Which sentence.
	 * @param string           $sentence For people.
	 * @param Farshore_Closing $plan     Until when.
	 */
	private static function json( string $key, string $sentence, Farshore_Closing $plan ): string {
		$data = array_filter(
			array(
				'status'      => 503,
				'retry_after' => $plan->retry_after_s(),
				'cart_kept'   => true,
				'reopens_at'  => $plan->reopens_at,
				'why'         => $plan->why,
			),
			static fn ( $value ): bool => null !== $value
		);
		return self::encode(
			array(
				'code'    => 'farshore_' . $key,
				'message' => $sentence,
				'data'    => $data,
			)
		);
	}

	/**
	 * As people read it; it asks again by itself when it was only a link.
	 *
	 * @param string                 $sentence For people.
	 * @param Farshore_Closing       $plan     Until when.
	 * @param Farshore_Settings|null $settings Where translations may be.
	 */
	private static function page( string $sentence, Farshore_Closing $plan, ?Farshore_Settings $settings ): string {
		$when = '' === $plan->clock_time() ? '' : '<p>' . self::text( sprintf( Farshore_Sentences::say( 'reopens', $settings ), $plan->clock_time() ) ) . '</p>';
		$why  = null === $plan->why ? '' : '<p class="why">' . self::text( $plan->why ) . '</p>';
		$head = self::text( Farshore_Sentences::say( 'title', $settings ) );
		return '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
			. '<meta name="robots" content="noindex"><title>' . $head . '</title>'
			. '<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem;color:#1d2b36}.why{color:#6b7b86}</style>'
			. '</head><body><h1>' . $head . '</h1><p>' . self::text( $sentence ) . '</p>' . $when . $why
			. '<p><a href="/">' . self::text( Farshore_Sentences::say( 'back', $settings ) ) . '</a></p></body></html>';
	}

	/**
	 * For a page.
	 *
	 * @param string $text Anything.
	 */
	private static function text( string $text ): string {
		return htmlspecialchars( $text, ENT_QUOTES );
	}

	/**
	 * For a program.
	 *
	 * @param array<string, mixed> $value Anything.
	 */
	private static function encode( array $value ): string {
		return json_encode( $value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE ) . "\n"; // phpcs:ignore WordPress.WP.AlternativeFunctions
	}
}
