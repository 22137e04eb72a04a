<?php
/**
 * From the question to the answer: what is found of each order and, when told to, what was done with it.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** One run. */
final class Farshore_Reconcile_Acts {

	/**
	 * Answers the whole question. An order that fails stops no other.
	 *
	 * @param array $asked The question.
	 * @return array<string, mixed>
	 */
	public function answer( array $asked ): array {
		$apply = true === ( $asked['apply'] ?? false );
		if ( $apply ) {
			Farshore_Reconcile_Silence::begin();
			Farshore_Reconcile_Transaction::alone();
		}
		$orders = array();
		foreach ( $asked['orders'] as $act ) {
			$act      = (array) $act;
			$did      = $apply ? $this->acted( $act ) : null;
			$orders[] = $this->found( (string) ( $act['order_key'] ?? '' ), (int) ( $act['order_id'] ?? 0 ) ) + array( 'did' => $did );
		}
		return array(
			'v'        => 1,
			'orders'   => $orders,
			'payments' => (object) Farshore_Reconcile_Finding::keys_of_payments( (array) ( $asked['payments'] ?? array() ) ),
		);
	}

	/**
	 * What the database holds under a key.
	 *
	 * @param string $key Order key.
	 * @param int    $id  Number it had.
	 * @return array<string, mixed>
	 */
	private function found( string $key, int $id ): array {
		$number = '' === $key ? 0 : Farshore_Reconcile_Finding::id( $key, $id );
		$order  = $number > 0 ? wc_get_order( $number ) : false;
		return array(
			'order_key' => $key,
			'found'     => $order instanceof WC_Order ? Farshore_Reconcile_View::of( $order, $key ) : null,
			'id_taken'  => ! $order instanceof WC_Order && $id > 0 && Farshore_Reconcile_Finding::taken( $id ),
		);
	}

	/**
	 * Does what is to be done with one order, all of it or nothing.
	 *
	 * @param array $act What to do.
	 * @return array<string, mixed>
	 */
	private function acted( array $act ): array {
		try {
			return Farshore_Reconcile_Transaction::run(
				function () use ( $act ) {
					return $this->act( $act );
				}
			);
		} catch ( Throwable $error ) {
			return array(
				'what' => 'failed',
				'id'   => 0,
				'why'  => $error->getMessage(),
			);
		}
	}

	/**
	 * The deeds, one after the other.
	 *
	 * @param array $act What to do.
	 * @return array<string, mixed>
	 * @throws Farshore_Reconcile_Failure When an order that is to be changed is not there.
	 */
	private function act( array $act ): array {
		$key  = (string) ( $act['order_key'] ?? '' );
		$did  = 'nothing';
		$id   = Farshore_Reconcile_Finding::id( $key, (int) ( $act['order_id'] ?? 0 ) );
		$told = is_array( $act['order'] ?? null );
		foreach ( (array) ( $act['do'] ?? array() ) as $do ) {
			if ( 'restore' === $do && 0 === $id && $told ) {
				$id  = Farshore_Reconcile_Writing::restore( $act );
				$did = 'restored';
			} elseif ( 'mend' === $do && $id > 0 && $told ) {
				Farshore_Reconcile_Writing::mend( $id, $act );
				$did = 'mended';
			} elseif ( 'complete' === $do && $id > 0 ) {
				$did = Farshore_Reconcile_Writing::complete( $id, $act ) && 'restored' !== $did ? 'completed' : $did;
			} elseif ( 'refunds' === $do && $id > 0 ) {
				Farshore_Reconcile_Refunds::add( $id, (array) ( $act['refunds'] ?? array() ) );
				$did = 'nothing' === $did ? 'refunded' : $did;
			} elseif ( 'restore' !== $do ) {
				throw new Farshore_Reconcile_Failure( "Order $key is not there any more; look again." );
			}
		}
		return array(
			'what' => $did,
			'id'   => $id,
			'why'  => '',
		);
	}
}
