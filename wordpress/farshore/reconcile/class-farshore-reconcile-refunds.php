<?php
/**
 * Records of money that was paid back. No gateway is called and nothing is put back into stock: both were done.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Adds a refund that is not there yet. */
final class Farshore_Reconcile_Refunds {

	/** Meta data: which refund of the journal this one stands for. */
	const OF = '_farshore_refund_of';

	/**
	 * Adds those that are missing.
	 *
	 * @param int   $id      Order's number.
	 * @param array $refunds As they were journalled.
	 * @throws Farshore_Reconcile_Failure When WooCommerce refuses one.
	 */
	public static function add( int $id, array $refunds ): void {
		foreach ( $refunds as $refund ) {
			$refund = (array) $refund;
			$of     = (string) ( $refund['id'] ?? '' );
			if ( '' === $of || self::there( $id, $of ) ) {
				continue;
			}
			$made = wc_create_refund(
				array(
					'order_id'       => $id,
					'amount'         => ltrim( (string) ( $refund['amount'] ?? '0' ), '-' ),
					'reason'         => (string) ( $refund['reason'] ?? '' ),
					'refund_payment' => false,
					'restock_items'  => false,
				)
			);
			if ( is_wp_error( $made ) ) {
				throw new Farshore_Reconcile_Failure( "Refund $of of order $id was refused: " . $made->get_error_message() );
			}
			$made->update_meta_data( self::OF, $of );
			if ( ! empty( $refund['created_gmt'] ) ) {
				$made->set_date_created( Farshore_Reconcile_Writing::moment( $refund['created_gmt'] ) );
			}
			$made->save();
		}
	}

	/**
	 * Whether the order has it, as the original or as one that was added.
	 *
	 * @param int    $id Order's number.
	 * @param string $of Number of the refund in the journal.
	 */
	private static function there( int $id, string $of ): bool {
		$order = wc_get_order( $id );
		foreach ( $order->get_refunds() as $refund ) {
			if ( (string) $refund->get_meta( self::OF, true ) === $of ) {
				return true;
			}
		}
		return false;
	}
}
