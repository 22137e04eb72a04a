<?php
// The deep check: can orders be taken here? With a permit, and by writing to the database and reading it back just now.
declare(strict_types=1);

function deep_health(?array $endpoint): void
{
    $facts = ['role' => $endpoint['role'] ?? null, 'epoch' => $endpoint['epoch'] ?? 0, 'region' => setting('region')];
    if ($facts['role'] !== 'writer') {
        header('Retry-After: ' . RETRY_AFTER_S);
        json_answer(503, ['ok' => false] + $facts);
        return;
    }
    if (!permit($endpoint)->admits()) {
        header('Retry-After: ' . RETRY_AFTER_S);
        json_answer(503, ['ok' => false] + $facts + ['error' => 'no permit']);
        return;
    }
    $mark = bin2hex(random_bytes(8));
    try {
        $wrote = write($endpoint, 'UPDATE health SET "at" = CURRENT_TIMESTAMP, "by" = ? WHERE id = 1', [$mark])->rowCount();
        $read = run($endpoint, 'SELECT "by" FROM health WHERE id = 1')->fetchColumn();
        // Not compared with our own mark: another server's check may have overwritten it by now.
        $ok = $wrote === 1 && $read !== false && still_writer($endpoint);
        $facts += $ok ? [] : ['error' => 'The row health.id = 1 is missing, or the role changed meanwhile.'];
    } catch (PDOException | NoPermit $e) {
        $ok = false;
        $facts['error'] = $e->getMessage();
    }
    if (!$ok) {
        header('Retry-After: ' . RETRY_AFTER_S);
    }
    json_answer($ok ? 200 : 503, ['ok' => $ok] + $facts);
}
