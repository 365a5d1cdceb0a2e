# Carries packets between two TUN devices, or frames between two TAP devices, as a line with a rate and a delay would:
# what `tc netem` does, for kernels that are built without it. Nothing is reordered, and the queue has no bound.
#
# Usage: delay-line.pl <device a> <device b> <bytes per second> <delay in ms> [<share that is lost, 0 to 1> [tap]]
# Prints "ready" when both devices exist; ends when its stdin does.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($name_a, $name_b, $rate, $delay_ms, $loss, $kind) = @ARGV;
$loss //= 0;
my $TUNSETIFF = 0x400454ca;
my $IFF_TUN_WITHOUT_HEADER = 0x1001;
my $IFF_TAP_WITHOUT_HEADER = 0x1002;
my $FLAGS = ($kind // 'tun') eq 'tap' ? $IFF_TAP_WITHOUT_HEADER : $IFF_TUN_WITHOUT_HEADER;
# The same packets are lost in each run.
srand(1);
my $LONGEST = 65536;

my @ends = map { { fh => open_tun($_), line => [], free => 0 } } ($name_a, $name_b);
my $stdin = fileno(STDIN);
$| = 1;
print "ready\n";

while (1) {
  my $now = clock_gettime(CLOCK_MONOTONIC);
  my $next;
  for my $i (0, 1) {
    my $line = $ends[$i]{line};
    my $out = $ends[1 - $i]{fh};
    while (@$line && $line->[0][0] <= $now) {
      syswrite($out, (shift @$line)->[1]);
    }
    $next = $line->[0][0] if @$line && (!defined $next || $line->[0][0] < $next);
  }
  my $want = '';
  vec($want, fileno($_->{fh}), 1) = 1 for @ends;
  vec($want, $stdin, 1) = 1;
  my $wait = defined $next ? $next - $now : undef;
  next if select(my $ready = $want, undef, undef, $wait) <= 0;
  exit 0 if vec($ready, $stdin, 1) && !sysread(STDIN, my $ignored, 1);
  for my $end (@ends) {
    take($end) if vec($ready, fileno($end->{fh}), 1);
  }
}

# Reads what has come, and says when each packet has left the line and passed the distance.
sub take {
  my ($end) = @_;
  my $now = clock_gettime(CLOCK_MONOTONIC);
  for (1 .. 64) {
    my $length = sysread($end->{fh}, my $packet, $LONGEST);
    return unless $length;
    $end->{free} = $now if $end->{free} < $now;
    $end->{free} += $length / $rate;
    next if $loss > 0 && rand() < $loss;
    push @{ $end->{line} }, [$end->{free} + $delay_ms / 1000, $packet];
  }
}

sub open_tun {
  my ($name) = @_;
  open(my $fh, '+<', '/dev/net/tun') or die "/dev/net/tun: $!\n";
  my $request = pack('a16 s x22', $name, $FLAGS);
  ioctl($fh, $TUNSETIFF, $request) or die "TUNSETIFF $name: $!\n";
  require Fcntl;
  fcntl($fh, Fcntl::F_SETFL(), Fcntl::O_NONBLOCK() | Fcntl::O_RDWR()) or die "O_NONBLOCK: $!\n";
  return $fh;
}
