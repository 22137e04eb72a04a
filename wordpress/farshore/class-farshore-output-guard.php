<?php
/**
 * The output guard: an answer leaves only if what it says was kept.
 *
 * A request that writes (while the shop is closed: every request) is buffered to its end. If a write of it was refused on the way (the permit ran out, the role
 * moved), its 201, its redirect, its cookies are replaced by an honest 503. An acknowledgement is held against the
 * clocks once more: this is the last instruction before the customer sees it.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Wraps the whole answer. */
final class Farshore_Output_Guard {

	/**
	 * Whether an order was found whole and is about to be acknowledged.
	 *
	 * @var bool
	 */
	private bool $acknowledging = false;

	/**
	 * Whether a gateway was called.
	 *
	 * @var bool
	 */
	private bool $paying = false;

	/**
	 * Whether an honest no is on its way, with a sentence of its own.
	 *
	 * @var bool
	 */
	private bool $declined = false;

	/**
	 * Makes the guard of this request.
	 *
	 * @param Farshore_State   $state   What this request may do.
	 * @param Farshore_Request $request What it asks for.
	 * @param Farshore_Gate    $gate    Who knows what was refused.
	 */
	public function __construct( private readonly Farshore_State $state, private readonly Farshore_Request $request, private readonly Farshore_Gate $gate ) {
	}

	/** Begins to hold the answer back. */
	public function begin(): void {
		// The cart is saved at `shutdown`, and core would let the answer go before.
		remove_action( 'shutdown', 'wp_ob_end_flush_all', 1 );
		add_action( 'shutdown', 'wp_ob_end_flush_all', PHP_INT_MAX );
		ob_start( array( $this, 'let_out' ) );
	}

	/** From now on the answer is an acknowledgement. */
	public function acknowledges(): void {
		$this->acknowledging = true;
	}

	/** From now on money may have moved, and nobody may be told that it has not. */
	public function pays(): void {
		$this->paying = true;
	}

	/** The answer is a no already. */
	public function declines(): void {
		$this->declined = true;
	}

	/** What a customer is told when the order cannot be vouched for. */
	public function sentence_key(): string {
		if ( str_starts_with( $this->request->route, '/wc/v' ) ) {
			return 'unsaved'; // The owner's own programs: they can look.
		}
		return $this->paying ? 'confirming' : 'refused';
	}

	/**
	 * The answer, or another.
	 *
	 * @param string $answer What was going to be said.
	 * @param int    $phase  PHP's flags.
	 */
	public function let_out( string $answer, int $phase ): string {
		if ( 0 !== ( $phase & PHP_OUTPUT_HANDLER_CLEAN ) || headers_sent() ) {
			return $answer;
		}
		$key = $this->objection();
		if ( null === $key ) {
			return $answer;
		}
		$no = Farshore_Answer::refusal( $this->request, $key, $this->state->settings );
		$no->send_headers();
		return $no->body();
	}

	/** Which sentence must be said instead; null: none. */
	private function objection(): ?string {
		if ( $this->declined ) {
			return null;
		}
		if ( $this->acknowledging && ! $this->state->still_writer() ) {
			return $this->sentence_key();
		}
		// Fenced in the midst, WordPress ends with a page about its database; that is a page for nobody.
		$broken = http_response_code() >= 500 && $this->request->writes() && ! $this->state->still_writer();
		if ( 0 === $this->gate->refused() && ! $broken ) {
			return null;
		}
		if ( ! $this->request->writes() ) {
			// A page may do without its counters, and may send people on; but what says that something was made, lies.
			$made = Farshore_Request::HTML === $this->request->shape ? array( 201, 202 ) : array( 201, 202, 302, 303 );
			return in_array( http_response_code(), $made, true ) ? 'write' : null;
		}
		return $this->request->is_checkout() ? $this->sentence_key() : 'unsaved';
	}
}
