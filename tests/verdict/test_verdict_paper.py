"""The printed numbers, spot-checked against the paper's tables."""

from unpacking_softmax.verdict.paper import printed_numbers

NUMBERS = {(p.table, p.dataset, p.architecture, p.condition, p.measure): p for p in printed_numbers()}


def value(*key):
    return NUMBERS[key].value


def test_every_cell_of_every_table_is_there_once():
    counts = {}
    for number in printed_numbers():
        counts[number.table] = counts.get(number.table, 0) + 1
    # Rows x conditions x measures: 9x2x3, 6x2x2, 2x2x3, 1x2x3, 3x4x3, 3x4x3, 2x4x3.
    assert counts == {
        "table1": 54,
        "table2": 24,
        "table3": 12,
        "table6": 6,
        "table7": 36,
        "table8": 36,
        "table9": 24,
    }
    assert len(NUMBERS) == sum(counts.values())


def test_cells():
    assert value("table1", "CIFAR-10", "mlp", "low", "kappa") == 38
    assert value("table1", "ImageNet-1k", "resnet50", "baseline", "sr") == 947
    assert value("table2", "CIFAR-100 → CIFAR-10", "resnet34", "low", "fpr95") == 79.27
    assert value("table3", "CIFAR-100", "vgg19", "low", "rho") == 53
    assert value("table6", "CIFAR-100", "resnet34", "low", "sr") == 95
    assert value("table7", "CIFAR-10", "vgg19", "T = 50", "rho") == 66
    assert value("table8", "CIFAR-100", "resnet34", "T = 100", "sr") == 90
    assert value("table9", "ImageNet-1k", "resnet50", "T = 10", "rho") == 2


def test_a_run_that_did_not_finish_has_no_value():
    assert value("table7", "CIFAR-10", "resnet20", "T = 1000", "kappa") is None


def test_where_the_paper_disagrees_with_itself_both_places_say_so():
    first = NUMBERS["table1", "CIFAR-10", "resnet18", "baseline", "rho"]
    second = NUMBERS["table7", "CIFAR-10", "resnet18", "T = 1", "rho"]
    assert (first.value, first.elsewhere) == (29, "8 in Table 7 (T = 1)")
    assert (second.value, second.elsewhere) == (8, "29 in Table 1 (baseline)")
    assert NUMBERS["table1", "CIFAR-10", "resnet20", "baseline", "rho"].elsewhere == ""


def test_kappa_of_vgg_on_cifar100_is_of_two_layers():
    # 58 % is 11 of 19 layers, 53 % is 9 of 17; on CIFAR-10 47 % and 53 % are both 9, of 19 and 17.
    both = ("CIFAR-100", "vgg19")
    for condition, temperature in (("baseline", "T = 1"), ("low", "T = 100")):
        first = NUMBERS["table3", *both, condition, "kappa"]
        second = NUMBERS["table8", *both, temperature, "kappa"]
        there = (
            "53 in Table 8 (T = 1)" if condition == "baseline" else "53, 53, 53 in Table 8 (T = 10, 50, 100)"
        )
        assert (first.value, first.elsewhere) == (58, there)
        assert (second.value, second.elsewhere) == (53, f"58 in Table 3 ({condition})")
    assert NUMBERS["table8", *both, "T = 10", "kappa"].elsewhere == ""
    assert NUMBERS["table3", "CIFAR-10", "vgg19", "baseline", "kappa"].elsewhere == ""


def test_low_cells_that_no_temperature_of_the_other_tables_gives():
    def elsewhere(dataset, network, measure):
        return NUMBERS["table1", dataset, network, "low", measure].elsewhere

    assert elsewhere("CIFAR-10", "resnet18", "rho") == "42, 49, 52 in Table 7 (T = 10, 100, 1000)"
    assert elsewhere("CIFAR-100", "resnet18", "sr") == "99, 94, 57 in Table 8 (T = 10, 100, 200)"
    assert elsewhere("CIFAR-100", "resnet34", "sr") == "99, 90, 61 in Table 8 (T = 10, 100, 200)"
    # 34 % is printed at T = 100 too, and ranks of 9 everywhere.
    assert elsewhere("CIFAR-10", "resnet20", "rho") == ""
    assert elsewhere("CIFAR-10", "resnet18", "sr") == ""
    # ImageNet's low is its T = 1000, and has no second table with another.
    assert elsewhere("ImageNet-1k", "resnet34", "rho") == ""
    # The nearest temperature names the low cell in turn.
    assert NUMBERS["table8", "CIFAR-100", "resnet34", "T = 200", "sr"].elsewhere == "72 in Table 1 (low)"
    assert NUMBERS["table8", "CIFAR-100", "resnet34", "T = 100", "sr"].elsewhere == ""
