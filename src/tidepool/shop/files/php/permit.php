<?php
// The permit: the writer's leave to take orders for the next few seconds, as the agent left it in a file.
// Knows nothing of this shop, so that a WordPress plugin can use it as it is.
//
// Whoever wrote the file may be dead or frozen by now, and the wall clock may have jumped: only the two deadlines count, on
// clocks that nobody can set and that run while a process is stopped. Read once per request; the clocks are read each time.
declare(strict_types=1);

final class NoPermit extends RuntimeException
{
}

final class Permit
{
    private function __construct(
        private readonly bool $needed,
        private readonly int $until_boot_ns = 0,
        private readonly int $until_mono_ns = 0,
        private readonly int $soft_ns = 0,
    ) {
    }

    /** For a shop that nobody moves between regions. */
    public static function unneeded(): self
    {
        return new self(false);
    }

    /** $epoch: the endpoint file's. No file, an unreadable one, or one of another epoch is no permit. */
    public static function read(string $file, int $epoch): self
    {
        $text = @file_get_contents($file);
        $found = $text === false ? null : json_decode($text, true);
        foreach (['epoch', 'until_boot_ns', 'until_mono_ns', 'soft_ns'] as $key) {
            if (!is_array($found) || !is_int($found[$key] ?? null) || $found[$key] < 0) {
                return new self(true);
            }
        }
        if ($found['epoch'] !== $epoch) {
            return new self(true);
        }
        return new self(true, $found['until_boot_ns'], $found['until_mono_ns'], $found['soft_ns']);
    }

    /** Until the first of both deadlines; zero or less: over. */
    public function left_ns(): int
    {
        return min($this->until_boot_ns - self::boot_ns(), $this->until_mono_ns - hrtime(true));
    }

    /** May a checkout begin? Only if it can be expected to end in time. */
    public function admits(): bool
    {
        return !$this->needed || $this->left_ns() > $this->soft_ns;
    }

    /** May one more statement write, or the customer be told? */
    public function stands(): bool
    {
        return !$this->needed || $this->left_ns() > 0;
    }

    /** Before each statement that writes. */
    public function demand(): void
    {
        if (!$this->stands()) {
            throw new NoPermit('The permit ran out.');
        }
    }

    /** CLOCK_BOOTTIME, which hrtime does not offer. In hundredths cut off below: the next one is assumed. */
    private static function boot_ns(): int
    {
        $read = preg_match('/^(\d+)\.(\d\d) /', (string) @file_get_contents('/proc/uptime'), $m) === 1;
        return $read ? ((int) $m[1] * 100 + (int) $m[2] + 1) * 10_000_000 : PHP_INT_MAX;
    }
}
