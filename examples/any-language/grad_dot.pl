#!/usr/bin/env perl
# Grad-Dot of a logistic regression, in Perl 5 and its core modules alone: no package of this project, no NumPy.
# usage: grad_dot.pl request.json      (schema bench/request@1; see docs/any-language.md)
use strict;
use warnings;
use JSON::PP;

sub slurp {
    my ($file) = @_;
    open my $handle, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$handle>;
}

# The numbers of a NumPy file of 32-bit floats or integers, and its shape.
sub npy {
    my ($file) = @_;
    my $bytes  = slurp($file);
    my $head   = unpack 'v', substr $bytes, 8, 2;
    my ($descr, $shape) = substr($bytes, 10, $head) =~ /'descr': '(.*?)'.*'shape': \((.*?)\)/ or die "$file: no NumPy header\n";
    my %unpack = ('<f4' => 'f<*', '<i4' => 'l<*');
    my $format = $unpack{$descr} or die "$file: elements of type $descr\n";
    return ([unpack $format, substr $bytes, 10 + $head], [grep { /\d/ } split /,\s*/, $shape]);
}

# The arrays of a safetensors file by name.
sub safetensors {
    my ($file)  = @_;
    my $bytes   = slurp($file);
    my $length  = unpack 'Q<', $bytes;
    my $entries = decode_json(substr $bytes, 8, $length);
    delete $entries->{__metadata__};
    my %arrays;
    for my $name (keys %$entries) {
        my ($start, $end) = @{ $entries->{$name}{data_offsets} };
        $arrays{$name} = [unpack 'f<*', substr $bytes, 8 + $length + $start, $end - $start];
    }
    return \%arrays;
}

my $request = decode_json(slurp($ARGV[0]));
my $folder  = $request->{task};
my $task    = decode_json(slurp("$folder/task.json"));
die "this program knows logistic regressions and the target margin\n"
    unless $task->{model}{use} eq 'logistic' && $task->{target}{id} eq 'margin';

my $weights = safetensors("$folder/$task->{checkpoints}[0]{weights}");
my ($layer) = map { $_->{name} } @{ $task->{layers} };
my ($weight, $bias) = @{$weights}{ "$layer.weight", "$layer.bias" };
my $classes = $task->{classes};
my $dims    = @$weight / $classes;

# The derivatives of the training loss and of the margin by the logits of a point.
sub deltas {
    my ($x, $label) = @_;
    my @logits = @$bias;
    for my $d (0 .. $dims - 1) {
        next unless $x->[$d];
        $logits[$_] += $x->[$d] * $weight->[$d * $classes + $_] for 0 .. $classes - 1;
    }
    my $most = (sort { $b <=> $a } @logits)[0];
    my @exp  = map { exp($_ - $most) } @logits;
    my ($all, $others) = (0, 0);
    for my $c (0 .. $classes - 1) {
        $all    += $exp[$c];
        $others += $exp[$c] unless $c == $label;
    }
    my @loss   = map { $exp[$_] / $all - ($_ == $label ? 1 : 0) } 0 .. $classes - 1;
    my @margin = map { $_ == $label ? 1 : -$exp[$_] / $others } 0 .. $classes - 1;
    return (\@loss, \@margin);
}

sub points {
    my ($part) = @_;
    my ($inputs) = npy("$folder/$part->{inputs}");
    my ($labels) = npy("$folder/$part->{labels}");
    return map {
        my $x = [@{$inputs}[$_ * $dims .. ($_ + 1) * $dims - 1]];
        my ($loss, $margin) = deltas($x, $labels->[$_]);
        { x => $x, loss => $loss, margin => $margin };
    } 0 .. $#$labels;
}

my @train   = points($task->{train});
my @queries = points($task->{queries});
my @scores;
for my $q (0 .. $#queries) {
    for my $point (@train) {
        my ($inputs, $outputs) = (1, 0);    # 1: the input of the bias
        $inputs  += $queries[$q]{x}[$_] * $point->{x}[$_] for 0 .. $dims - 1;
        $outputs += $queries[$q]{margin}[$_] * $point->{loss}[$_] for 0 .. $classes - 1;
        push @scores, -$inputs * $outputs;
    }
    printf "progress %.3f\n", ($q + 1) / @queries;
}

my $head = sprintf "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", scalar @queries, scalar @train;
$head .= ' ' x (117 - length $head) . "\n";
open my $out, '>:raw', $request->{output} or die "$request->{output}: $!\n";
print {$out} "\x93NUMPY\x01\x00", pack('v', length $head), $head, pack('f<*', @scores);
close $out or die "$request->{output}: $!\n";
