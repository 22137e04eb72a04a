<?php
/**
 * The last look: before money moves, and again before the customer is told.
 *
 * Before payment an order can still be refused honestly; every earlier hook is swallowed by WooCommerce, every later one
 * comes when a card may have been charged. After payment nobody claims that nothing was charged: the order is "being
 * confirmed", and reconciliation finds it.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Hooks into every way in which an order is placed. */
final class Farshore_Last_Look {

	/**
	 * Makes the last look of this request.
	 *
	 * @param Farshore_State               $state   What this request may do.
	 * @param Farshore_Gate                $gate    Who knows what was refused.
	 * @param Farshore_Order_Check         $check   Who compares an order with its rows.
	 * @param Farshore_Output_Guard|null   $guard   Who holds the answer; null when nothing is to be answered.
	 * @param Farshore_Journal_Points|null $journal The order journal; null where the store has none.
	 */
	public function __construct(
		private readonly Farshore_State $state,
		private readonly Farshore_Gate $gate,
		private readonly Farshore_Order_Check $check,
		private readonly ?Farshore_Output_Guard $guard,
		private readonly ?Farshore_Journal_Points $journal,
	) {
	}

	/** Begins to watch. */
	public function watch(): void {
		$this->check->watch();
		// A second lock on the door, for routes that its table does not know.
		add_action( 'woocommerce_before_checkout_process', array( $this, 'demand_admission' ), PHP_INT_MIN, 0 );
		// Before payment.
		add_action( 'woocommerce_checkout_order_processed', array( $this, 'before_classic_payment' ), PHP_INT_MAX, 1 );
		add_action( 'woocommerce_store_api_checkout_order_processed', array( $this, 'before_payment' ), PHP_INT_MAX, 1 );
		add_action( 'woocommerce_before_pay_action', array( $this, 'before_pay_page' ), PHP_INT_MAX, 1 );
		// Before the answer.
		add_filter( 'rest_request_after_callbacks', array( $this, 'rest_answer' ), PHP_INT_MAX, 3 );
		add_filter( 'woocommerce_payment_successful_result', array( $this, 'classic_answer' ), PHP_INT_MAX, 2 );
		add_filter( 'woocommerce_checkout_no_payment_needed_redirect', array( $this, 'free_answer' ), PHP_INT_MAX, 2 );
	}

	/**
	 * No checkout begins without the soft margin.
	 *
	 * @throws Exception As WooCommerce expects it: its message is shown to the customer.
	 */
	public function demand_admission(): void {
		if ( ! $this->state->admits() ) {
			$this->decline( 'closed' );
		}
	}

	/**
	 * The classic checkout gives an id.
	 *
	 * @param int $order_id The order's id.
	 * @throws Exception When payment must not begin.
	 */
	public function before_classic_payment( $order_id ): void {
		$this->before_payment( $this->check->believed( (int) $order_id ) );
	}

	/**
	 * The pay page fires its hook outside of WooCommerce's own try.
	 *
	 * @param WC_Order $order The order.
	 */
	public function before_pay_page( $order ): void {
		try {
			$this->demand_admission();
			$this->before_payment( $order );
		} catch ( Exception $refused ) {
			Farshore_Answer::refusal( $this->state->request, 'refused', $this->state->settings )->send();
		}
	}

	/**
	 * The order is complete, and nobody has paid. Everything that speaks against it is said now.
	 *
	 * @param WC_Order|null $order The order.
	 * @throws Exception When payment must not begin.
	 */
	public function before_payment( $order ): void {
		$trouble = null === $order ? 'the order is not there' : $this->write_trouble();
		if ( null === $trouble && null !== $this->journal && ! $this->journal->intent( $order ) ) {
			$trouble = 'no journal has a note of it, and this store takes no order without one';
		}
		if ( null !== $trouble ) {
			$this->note( 'refused before payment', null === $order ? 0 : $order->get_id(), $trouble );
			$this->decline( 'refused' );
		}
		if ( null !== $this->guard ) {
			$this->guard->pays();
		}
	}

	/**
	 * The last synchronous point of the Store API and of the REST API.
	 *
	 * @param mixed           $response A response or an error.
	 * @param array           $handler  Who made it.
	 * @param WP_REST_Request $request  What was asked.
	 * @return mixed
	 */
	public function rest_answer( $response, $handler, $request ) {
		if ( 'GET' === $request->get_method() || 1 !== preg_match( '~\A/wc/(store(?:/v\d+)?/checkout|v\d+/orders)(?:/(\d+))?~', $request->get_route(), $found ) ) {
			return $response;
		}
		$said = $response instanceof WP_REST_Response && $response->get_status() < 400 ? (array) $response->get_data() : array();
		$id   = (int) ( $said['order_id'] ?? $found[2] ?? $said['id'] ?? 0 );
		if ( array() === $said || 0 === $id || in_array( $request->get_method(), array( 'PUT', 'PATCH' ), true ) && str_starts_with( $found[1], 'store' ) ) {
			return $response;
		}
		if ( $this->declined( $id, 'DELETE' === $request->get_method() ) ) {
			$key = null === $this->guard ? 'confirming' : $this->guard->sentence_key();
			header( 'Retry-After: ' . Farshore_Closing::RETRY_AFTER_S );
			return new WP_Error( 'farshore_' . $key, Farshore_Sentences::say( $key, $this->state->settings ), array( 'status' => 503 ) );
		}
		return $response;
	}

	/**
	 * The last point of the classic checkout and of the pay page.
	 *
	 * @param array $result   What will be sent.
	 * @param int   $order_id The order's id.
	 * @return array
	 * @throws Exception As WooCommerce expects it: its message is shown to the customer.
	 */
	public function classic_answer( $result, $order_id ) {
		if ( $this->declined( (int) $order_id ) ) {
			if ( null !== $this->state->request && Farshore_Request::HTML === $this->state->request->shape ) {
				// The page would be drawn again, as that of an order which cannot be paid, and the sentence be lost.
				Farshore_Answer::refusal( $this->state->request, 'confirming', $this->state->settings )->send();
			}
			throw new Exception( esc_html( Farshore_Sentences::say( 'confirming', $this->state->settings ) ) );
		}
		return $result;
	}

	/**
	 * The last point of an order that costs nothing.
	 *
	 * @param string   $url   Where the customer is sent.
	 * @param WC_Order $order The order.
	 * @return string
	 * @throws Exception As WooCommerce expects it.
	 */
	public function free_answer( $url, $order ) {
		$this->classic_answer( array(), $order->get_id() );
		return $url;
	}

	/**
	 * Whether the order must not be acknowledged. The clocks come last of all.
	 *
	 * @param int  $order_id The order's id.
	 * @param bool $deleted  Whether the order is gone because somebody wanted that.
	 */
	private function declined( int $order_id, bool $deleted = false ): bool {
		$trouble = $this->write_trouble() ?? ( $deleted ? null : $this->check->trouble( $order_id ) );
		if ( null === $trouble && ! $deleted && null !== $this->journal && ! $this->journal->acknowledgement( wc_get_order( $order_id ) ) ) {
			$trouble = 'no journal has a note of it, and this store acknowledges no order without one';
		}
		if ( null === $trouble && ! $this->state->still_writer() ) {
			$trouble = 'the permit ran out, or the writer moved';
		}
		if ( null === $trouble ) {
			if ( null !== $this->guard ) {
				$this->guard->acknowledges();
			}
			return false;
		}
		$this->note( 'not acknowledged', $order_id, $trouble );
		if ( null !== $this->guard ) {
			$this->guard->declines();
		}
		return true;
	}

	/** What speaks against every order of this request; null: nothing. */
	private function write_trouble(): ?string {
		if ( $this->gate->refused() > 0 ) {
			return 'a write was refused';
		}
		$failed = $this->check->failed_write();
		if ( null !== $failed ) {
			return 'a write failed: ' . $failed;
		}
		return $this->state->still_writer() ? null : 'the permit ran out, or the writer moved';
	}

	/**
	 * Ends the checkout before payment.
	 *
	 * @param string $key Which sentence.
	 * @throws Exception Always; its message is shown to the customer.
	 */
	private function decline( string $key ): never {
		if ( null !== $this->guard ) {
			$this->guard->declines();
		}
		$sentence = Farshore_Sentences::say( $key, $this->state->settings );
		$polite   = '\Automattic\WooCommerce\StoreApi\Exceptions\RouteException';
		if ( null !== $this->state->request && '' !== $this->state->request->route && class_exists( $polite ) ) {
			header( 'Retry-After: ' . Farshore_Closing::RETRY_AFTER_S );
			throw new $polite( 'farshore_' . $key, $sentence, 503 ); // phpcs:ignore WordPress.Security.EscapeOutput
		}
		throw new Exception( esc_html( $sentence ) );
	}

	/**
	 * For the owner's log: by id, without personal data.
	 *
	 * @param string $what     What was done.
	 * @param int    $order_id The order's id.
	 * @param string $trouble  Why.
	 */
	private function note( string $what, int $order_id, string $trouble ): void {
		error_log( "farshore: order $order_id $what: $trouble" ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
	}
}
