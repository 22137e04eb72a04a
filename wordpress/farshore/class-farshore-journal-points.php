<?php
/**
 * When the order journal is written: the intent before money moves, the acknowledgement before the customer is told, and
 * what changes later.
 *
 * Loaded only where the store has a journal: others pay nothing.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Called by the last look for intent and acknowledgement; collects changes by itself. */
final class Farshore_Journal_Points {

	/**
	 * Orders that were changed and are not written down yet.
	 *
	 * @var array<int, true>
	 */
	private array $changed = array();

	/**
	 * Makes the points of this request.
	 *
	 * @param Farshore_Journal     $journal The near end.
	 * @param Farshore_Order_Check $check   Who knows the newest state of an order.
	 * @param string               $policy  Either open or closed.
	 */
	public function __construct( private readonly Farshore_Journal $journal, private readonly Farshore_Order_Check $check, private readonly string $policy ) {
	}

	/** Begins to collect changes: by the owner, by webhooks, by background jobs. */
	public function watch(): void {
		foreach ( array( 'woocommerce_order_status_changed', 'woocommerce_payment_complete', 'woocommerce_update_order', 'woocommerce_new_order', 'woocommerce_order_refunded', 'woocommerce_trash_order', 'woocommerce_untrash_order' ) as $hook ) {
			add_action( $hook, array( $this, 'collect' ), PHP_INT_MAX, 1 );
		}
		add_action( 'woocommerce_refund_deleted', array( $this, 'collect_parent' ), PHP_INT_MAX, 2 );
		// Behind the output guard, which lets the answer out at the same priority: a customer waits for two round trips only.
		add_action( 'shutdown', array( $this, 'flush' ), PHP_INT_MAX );
	}

	/**
	 * An order was changed.
	 *
	 * @param int $id Its id.
	 */
	public function collect( $id ): void {
		$this->changed[ (int) $id ] = true;
	}

	/**
	 * A refund was deleted.
	 *
	 * @param int $refund_id The refund's id.
	 * @param int $order_id  The order's id.
	 */
	public function collect_parent( $refund_id, $order_id ): void {
		$this->collect( $order_id );
	}

	/**
	 * The whole order, before money moves. False: it must be refused.
	 *
	 * @param WC_Order $order The order.
	 */
	public function intent( $order ): bool {
		return $this->write( 'intent', $order );
	}

	/**
	 * The whole order, before the customer is told. False: it must not be acknowledged.
	 *
	 * @param WC_Order|false|null $order The order.
	 */
	public function acknowledgement( $order ): bool {
		return $order instanceof WC_Order && $this->write( 'ack', $order );
	}

	/** What was changed besides: best effort, nobody can be refused any more. */
	public function flush(): void {
		if ( array() !== $this->changed && function_exists( 'fastcgi_finish_request' ) ) {
			fastcgi_finish_request();
		}
		foreach ( array_keys( $this->changed ) as $id ) {
			$order = wc_get_order( $id );
			if ( $order instanceof WC_Order && ! in_array( $order->get_status(), array( 'checkout-draft', 'auto-draft' ), true ) ) {
				$this->write( 'change', $order );
			}
		}
		$this->changed = array();
	}

	/**
	 * Writes an order down, and says whether that is enough under this store's policy.
	 *
	 * @param string   $kind  One of intent, ack, change.
	 * @param WC_Order $order The order.
	 */
	private function write( string $kind, $order ): bool {
		$kept = $this->journal->append( $kind, Farshore_Order_Entry::of( $order, $this->check->newest_status( $order->get_id() ) ) );
		unset( $this->changed[ $order->get_id() ] );
		return 'open' === $this->policy || 'journal' === $kept;
	}
}
